import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What ffprobe says of a video. */
export const probe = (file: string) => {
  const text = execFileSync(
    "ffprobe",
    ["-v", "error", "-count_packets", "-show_streams", "-show_format", "-show_chapters", "-of", "json", file],
    { encoding: "utf8" },
  );
  const { streams, format, chapters } = JSON.parse(text);
  const video = streams.find((one: { codec_type: string }) => one.codec_type === "video");
  return {
    codec: video.codec_name as string,
    pixels: video.pix_fmt as string,
    width: video.width as number,
    height: video.height as number,
    frames: Number(video.nb_read_packets),
    duration: Number(format.duration),
    chapters: chapters.map((one: { start_time: string; tags: { title: string } }) => ({
      title: one.tags.title,
      at: Number(one.start_time),
    })) as {
      title: string;
      at: number;
    }[],
  };
};

/** The colour of each frame at `x:y`, by default in its middle, decoded: [red, green, blue]. */
export const colours = (file: string, at = "iw/2:ih/2"): number[][] => {
  const raw = execFileSync(
    "ffmpeg",
    [
      "-v",
      "error",
      "-i",
      file,
      "-map",
      "0:v:0",
      "-fps_mode",
      "passthrough",
      "-vf",
      `crop=2:2:${at}`,
      "-pix_fmt",
      "rgb24",
      "-f",
      "rawvideo",
      "-",
    ],
    {
      maxBuffer: 64 * 1024 * 1024,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  return Array.from({ length: raw.length / 12 }, (_, i) => [...raw.subarray(12 * i, 12 * i + 3)]);
};

/** The kinds of a video's top-level boxes, in their order. */
export const boxes = (file: string): string[] => {
  const bytes = readFileSync(file);
  const kinds: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    kinds.push(bytes.toString("latin1", at + 4, at + 8));
    const size = bytes.readUInt32BE(at);
    at += size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    if (size < 8 && size !== 1) break;
  }
  return kinds;
};
