import { existsSync } from "node:fs";
import { open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { RunError, type RunResult, run } from "../process/run.ts";
import { chaptersFile } from "./chapters.ts";
import { joinArgv, posterArgv, probeArgv } from "./ffmpeg.ts";
import type { Chapter } from "./record.ts";
import { type Segment, segmentsIn } from "./segments.ts";

export const VIDEO = "video.mp4";
export const POSTER = "poster.jpg";
const PART = "video.part";
const LIST = "segments.txt";
const CHAPTERS = "chapters.txt";
/** A file of any size is read through at the disk's speed. */
const TOOL_MS = 10 * 60_000;
const TRIES = 3;

export interface Produced {
  duration_ms: number;
  frames: number;
  size_bytes: number;
}

/** Ended by somebody else, such as a host that is short of memory: that says nothing about the video. */
const wasKilled = (error: unknown): boolean =>
  error instanceof RunError && !error.timedOut && (error.signal === "SIGKILL" || error.signal === "SIGTERM");

/** Runs a program, and again when it is killed. */
const tool = async (argv: readonly string[], dir: string, signal: AbortSignal): Promise<RunResult> => {
  for (let tries = 1; ; tries++) {
    try {
      return await run(argv, { cwd: dir, signal, timeoutMs: TOOL_MS });
    } catch (error) {
      if (!wasKilled(error) || tries === TRIES) throw error;
    }
  }
};

/** Null: it is no video. */
const probe = async (dir: string, file: string, signal: AbortSignal): Promise<{ duration_ms: number; frames: number } | null> => {
  const { stdout } = await tool(probeArgv(file), dir, signal).catch((error) => {
    if (signal.aborted || wasKilled(error) || !(error instanceof RunError) || error.timedOut) throw error;
    return { stdout: "{}" };
  });
  const { streams, format } = JSON.parse(stdout) as { streams?: { nb_read_packets?: string }[]; format?: { duration?: string } };
  const frames = Number(streams?.[0]?.nb_read_packets ?? 0);
  const duration = Math.round(Number(format?.duration ?? 0) * 1000);
  return frames > 0 && Number.isFinite(duration) ? { frames, duration_ms: duration } : null;
};

/** The readable segments, each with the time until the next one begins. What a kill left without a single frame is passed over. */
const readable = async (dir: string, signal: AbortSignal): Promise<(Segment & { lengthMs: number })[]> => {
  const found: (Segment & { lengthMs: number })[] = [];
  for (const one of await segmentsIn(dir)) {
    const info = await probe(dir, one.file, signal);
    if (info) found.push({ ...one, lengthMs: info.duration_ms });
  }
  return found.map((one, i) => {
    const next = found[i + 1];
    // A clock that was set back must not make pictures overlap.
    return next ? { ...one, lengthMs: Math.max(one.lengthMs, next.offsetMs - one.offsetMs) } : one;
  });
};

const joinSegments = async (dir: string, chapters: readonly Chapter[], signal: AbortSignal): Promise<void> => {
  const segments = await readable(dir, signal);
  const first = segments[0];
  if (!first) throw new VitrineError("recording_failed", { reason: "no picture was recorded" });
  const lengthMs = segments.reduce((sum, one) => sum + one.lengthMs, 0);
  const list = segments.map(({ file, lengthMs: ms }) => `file ${file}\nduration ${(ms / 1000).toFixed(3)}\n`);
  await writeFile(join(dir, LIST), `ffconcat version 1.0\n${list.join("")}`);
  await writeFile(join(dir, CHAPTERS), chaptersFile(chapters, first.offsetMs, lengthMs));
  await tool(joinArgv(LIST, CHAPTERS, PART), dir, signal);
  // The segments are removed on the strength of this file.
  const part = await open(join(dir, PART));
  await part.sync().finally(() => part.close());
  await rename(join(dir, PART), join(dir, VIDEO));
};

/**
 * Makes the video and its poster out of a recording's segments, and removes what is not needed any more. It may be broken off at any point and done again.
 * Errors: recording_failed.
 */
export const produce = async (
  dir: string,
  chapters: readonly Chapter[],
  signal: AbortSignal,
  onJoined: () => void = () => {},
): Promise<Produced> => {
  if (!existsSync(join(dir, VIDEO))) await joinSegments(dir, chapters, signal);
  onJoined();
  const info = await probe(dir, VIDEO, signal);
  if (!info) throw new VitrineError("recording_failed", { reason: "the joined video cannot be read" });
  await tool(posterArgv(VIDEO, info.duration_ms / 2, POSTER), dir, signal);
  for (const name of await readdir(dir)) if (name !== VIDEO && name !== POSTER) await rm(join(dir, name), { force: true });
  return { ...info, size_bytes: (await stat(join(dir, VIDEO))).size };
};
