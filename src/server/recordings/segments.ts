import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** A piece of a recording, by one run of ffmpeg. Its name is all that is known of it after a kill. */
export interface Segment {
  index: number;
  /** When its first frame was taken, in milliseconds from the recording's start. */
  offsetMs: number;
  file: string;
  logFile: string;
}

/** No recording has more, whatever its screen and its encoder do. */
export const MAX_SEGMENTS = 1000;

export const segment = (index: number, offsetMs: number): Segment => {
  const name = `segment-${String(index).padStart(3, "0")}-${offsetMs}`;
  return { index, offsetMs, file: `${name}.mp4`, logFile: `${name}.log` };
};

/** The segments in a recording's directory, in their order. */
export const segmentsIn = async (dir: string): Promise<Segment[]> =>
  (await readdir(dir))
    .map((name) => /^segment-(\d{3})-(\d{1,12})\.mp4$/.exec(name))
    .filter((match) => match !== null)
    .map(([, index, offset]) => segment(Number(index), Number(offset)))
    .sort((a, b) => a.index - b.index);

/** Bytes of all files in a recording's directory. */
export const bytesIn = async (dir: string): Promise<number> => {
  const sizes = await Promise.all(
    (await readdir(dir)).map((name) =>
      stat(join(dir, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};
