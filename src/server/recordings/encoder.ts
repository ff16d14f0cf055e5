import type { Writable } from "node:stream";
import type { ProcessIdentity } from "../process/identity.ts";
import { killGroup } from "../process/kill.ts";
import { spawnDetached } from "../process/spawn.ts";
import { encodeArgv, type Size } from "./ffmpeg.ts";
import { frameHead, streamHead } from "./matroska.ts";

/** An encoder that takes no frame for this long is ended. */
const STALL_MS = 15_000;
/** What the end of its input, then SIGINT, then SIGTERM may take before the next is tried. */
const LADDER = { inputMs: 10_000, interruptMs: 5000, graceMs: 2000 };

/** One ffmpeg that writes one segment of a recording. */
export interface Encoder {
  readonly identity: ProcessIdentity;
  /** The picture that it takes. */
  readonly screen: Size;
  /** Resolves when ffmpeg has taken the whole frame; until then no other may be given, nor the pixels changed. Rejects when ffmpeg has ended. */
  write(pixels: Buffer, atMs: number): Promise<void>;
  /** Lets it finish the file, and ends it by force if it does not. Never rejects, but for a process that cannot be killed. */
  finish(): Promise<void>;
}

export interface EncoderOptions {
  dir: string;
  /** Names in `dir`. */
  file: string;
  logFile: string;
  screen: Size;
  video: Size;
  /** Told before the first frame, so that a service that comes after this one can end it. */
  onSpawn(identity: ProcessIdentity): void;
}

const send = (stdin: Writable, bytes: Buffer): Promise<void> =>
  new Promise((resolve, reject) => stdin.write(bytes, (error) => (error ? reject(error) : resolve())));

/** Starts ffmpeg. It ends by itself when this process does, because its input then ends. */
export const startEncoder = async ({ dir, file, logFile, screen, video, onSpawn }: EncoderOptions): Promise<Encoder> => {
  const child = await spawnDetached(encodeArgv(screen, video, file), { cwd: dir, log: `${dir}/${logFile}`, stdin: "pipe" });
  const { identity, ended } = child;
  onSpawn(identity);
  const stdin = child.stdin as Writable;
  stdin.write(streamHead(screen.width, screen.height));
  const kill = () => killGroup(identity, { ended, cwd: dir });
  return {
    identity,
    screen,
    write: async (pixels, atMs) => {
      const stall = setTimeout(() => void kill().catch(() => {}), STALL_MS);
      try {
        stdin.write(frameHead(atMs, pixels.length));
        await send(stdin, pixels);
      } finally {
        clearTimeout(stall);
      }
    },
    finish: async () => {
      stdin.end();
      const late = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LADDER.inputMs);
        void ended.then(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      await late;
      await killGroup(identity, { ...LADDER, ended, cwd: dir });
      stdin.destroy();
    },
  };
};
