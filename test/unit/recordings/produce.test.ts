import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { produce } from "../../../src/server/recordings/produce.ts";
import { probe } from "./video.ts";

let dir: string;
let video: string;
const { PATH } = process.env;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-produce-"));
  video = join(dir, "recording");
  mkdirSync(video);
  for (const [name, colour] of [
    ["segment-000-0", "red"],
    ["segment-001-1000", "blue"],
  ])
    execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", `color=${colour}:s=64x64:d=1:r=5`, join(video, `${name}.mp4`)]);
});
afterEach(() => {
  process.env.PATH = PATH;
  rmSync(dir, { recursive: true });
});

/** From now on each run of ffmpeg and ffprobe is killed until `times` of them have been; each is noted. */
const killed = (times: number, signal: string): (() => string[]) => {
  const notes = join(dir, "runs");
  writeFileSync(notes, "");
  const bin = join(dir, "bin");
  mkdirSync(bin);
  for (const name of ["ffmpeg", "ffprobe"]) {
    const real = execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    const script = `#!/bin/sh\necho ${name} >> ${notes}\n[ $(wc -l < ${notes}) -le ${times} ] && kill -${signal} $$\nexec ${real} "$@"\n`;
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  process.env.PATH = `${bin}:${PATH}`;
  return () => readFileSync(notes, "utf8").trim().split("\n");
};
const signal = () => AbortSignal.timeout(60_000);

test("what is killed while it makes a video is run again, and no segment is lost for it", async () => {
  const runs = killed(2, "KILL");
  const made = await produce(video, [], signal());
  expect(made).toMatchObject({ frames: 10, duration_ms: expect.any(Number) });
  expect(probe(join(video, "video.mp4"))).toMatchObject({ frames: 10 });
  expect(runs().slice(0, 3)).toEqual(["ffprobe", "ffprobe", "ffprobe"]);
  expect(readdirSync(video).sort()).toEqual(["poster.jpg", "video.mp4"]);
});

test("what is killed again and again fails, with all segments left to try with", async () => {
  killed(100, "TERM");
  await expect(produce(video, [], signal())).rejects.toThrow(/SIGTERM/);
  expect(readdirSync(video).filter((name) => name.startsWith("segment-"))).toHaveLength(2);
});

test("a segment that ffprobe cannot read, or dies of, is passed over", async () => {
  writeFileSync(join(video, "segment-002-2000.mp4"), "no video");
  expect((await produce(video, [], signal())).frames).toBe(10);
  const again = join(dir, "again");
  mkdirSync(again);
  execFileSync("ffmpeg", ["-v", "error", "-i", join(video, "video.mp4"), "-c", "copy", join(again, "segment-001-0.mp4")]);
  writeFileSync(join(again, "segment-000-0.mp4"), "no video");
  killed(1, "SEGV");
  expect((await produce(again, [], signal())).frames).toBe(10);
});
