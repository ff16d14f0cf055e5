import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StartRecording } from "../../../src/contract/recordings.ts";
import { readStat } from "../../../src/server/process/identity.ts";
import { displaysOf, FakeDisplay } from "./fake-display.ts";
import { computerRecord, openStudio, type TestStudio } from "./studio.ts";
import { colours, probe } from "./video.ts";

const never = new AbortController().signal;
const SERVICE = new URL("service-process.ts", import.meta.url).pathname;
const computer = computerRecord("cmp_aaaaaaaaaaaa");
let dir: string;
let studio: TestStudio | undefined;
let service: ChildProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vt-"));
});
afterEach(async () => {
  service?.kill("SIGKILL");
  service = undefined;
  await studio?.close();
  studio = undefined;
  rmSync(dir, { recursive: true });
});

/** Runs the other process until it has shown `count` pictures (or, when it shows none, said so as often), and kills it. */
const killedService = async (
  count: number,
  { animate = true, encoderToo = false } = {},
): Promise<{ id: string; shown: number; encoder: number }> => {
  const child = spawn(process.execPath, [SERVICE, dir, animate ? "1" : "0"], { stdio: ["ignore", "pipe", "inherit"] });
  service = child;
  let [id, encoder, shown, lines] = ["", 0, 0, 0];
  for await (const line of createInterface({ input: child.stdout! })) {
    if (lines++ === 0) [id, encoder] = line.split(" ").map((word, i) => (i === 0 ? word : Number(word))) as [string, number];
    else shown = Number(line);
    if (lines > count) break;
  }
  const gone = once(child, "exit");
  if (encoderToo) process.kill(encoder, "SIGKILL");
  child.kill("SIGKILL");
  await gone;
  return { id, shown, encoder };
};
const finished = (id: string) => expect.poll(() => studio!.recordings.get(id).status, { timeout: 30_000 }).toBe("ready");
const counts = (file: string) => colours(file).map(([red]) => Math.round((red as number) / 2));

test("kill -9 of the service: its encoder ends by itself, and the next service goes on with the same recording", async () => {
  const { id, shown, encoder } = await killedService(30);
  const display = new FakeDisplay(320, 240);
  display.fill(250);
  studio = await openStudio(dir, displaysOf(display));
  await studio.recordings.resume();
  expect(readStat(encoder)).toBeNull();
  expect(studio.recordings.get(id).status).toBe("recording");
  await expect.poll(() => studio!.recordings.get(id).encoder).not.toBeNull();
  const record = await studio.recordings.stop(id);
  expect(record).toMatchObject({ status: "ready", end_reason: "stopped" });
  const seen = counts(studio.file(id));
  // A second is ten pictures.
  expect(Math.max(...seen.filter((count) => count < 110))).toBeGreaterThan(shown - 10);
  expect(new Set(seen).size).toBeGreaterThan(shown - 10);
  expect(seen.at(-1)).toBeGreaterThan(120);
  expect(probe(studio.file(id)).frames).toBe(seen.length);
}, 60_000);

test("kill -9 of the service and its computer: the next service makes the video of what there is", async () => {
  const { id, shown } = await killedService(30);
  studio = await openStudio(dir, displaysOf(new FakeDisplay(320, 240)));
  studio.store.computers.patch(computer.id, { status: "error" });
  await studio.recordings.resume();
  await finished(id);
  expect(studio.recordings.get(id)).toMatchObject({ end_reason: "computer_stopped", error: null });
  expect(Math.max(...counts(studio.file(id)))).toBeGreaterThan(shown - 10);
}, 60_000);

test("kill -9 of the service while the screen stands still loses a second of it at most", async () => {
  const { id } = await killedService(40, { animate: false });
  studio = await openStudio(dir, displaysOf(new FakeDisplay(320, 240)));
  studio.store.computers.patch(computer.id, { status: "stopped" });
  await studio.recordings.resume();
  await finished(id);
  const { duration } = probe(studio.file(id));
  expect(duration).toBeGreaterThan(2.8);
}, 60_000);

test("kill -9 of ffmpeg and of the service at once, in the middle of a frame, leaves a video", async () => {
  const child = await killedService(20, { encoderToo: true });
  const folder = join(dir, "recordings", child.id);
  const [name = ""] = readdirSync(folder).filter((one) => one.endsWith(".mp4"));
  const bytes = readFileSync(join(folder, name));
  writeFileSync(join(folder, name), bytes.subarray(0, bytes.length - 500));
  writeFileSync(join(folder, "segment-001-99999.mp4"), "");
  writeFileSync(join(folder, "video.part"), "half");
  studio = await openStudio(dir, displaysOf(new FakeDisplay(320, 240)));
  studio.store.computers.patch(computer.id, { status: "stopped" });
  await studio.recordings.resume();
  await finished(child.id);
  expect(Math.max(...counts(studio.file(child.id)))).toBeGreaterThan(child.shown - 10);
  expect(readdirSync(folder).sort()).toEqual(["poster.jpg", "video.mp4"]);
}, 60_000);

test("a service that closes leaves its recordings to the next one, which goes on in a new segment", async () => {
  const display = new FakeDisplay(320, 240);
  display.fill(40);
  studio = await openStudio(dir, displaysOf(display));
  studio.store.computers.insert(computer);
  const { id, encoder } = await studio.recordings.start(computer, StartRecording.parse({}), never);
  studio.recordings.mark(computer.id, "before");
  await studio.close();
  expect(readStat(encoder!.pid)).toBeNull();

  display.fill(200);
  studio = await openStudio(dir, displaysOf(display));
  await studio.recordings.resume();
  expect(studio.recordings.get(id).status).toBe("recording");
  await expect.poll(() => studio!.recordings.get(id).encoder).not.toBeNull();
  studio.recordings.mark(computer.id, "after");
  await studio.recordings.stop(id);
  const seen = counts(studio.file(id));
  expect([seen[0], seen.at(-1)]).toEqual([20, 100]);
  expect(studio.recordings.get(id).chapters.map(({ title }) => title)).toEqual(["before", "after"]);
}, 60_000);

test("record_video films each life of a computer, and what is stopped by hand stays stopped", async () => {
  const display = new FakeDisplay(64, 64);
  studio = await openStudio(dir, displaysOf(display));
  const { recordings, store } = studio;
  const filmed = computerRecord("cmp_bbbbbbbbbbbb", { spec: { ...computer.spec, record_video: { fps: 3, max_duration_s: 60 } } });
  store.computers.insert(filmed);
  recordings.follow({ ...filmed, status: "creating" });
  expect(recordings.ids(filmed.id)).toEqual([]);
  recordings.follow(filmed);
  recordings.follow(filmed);
  const [first] = recordings.list(filmed.id);
  expect(first).toMatchObject({ automatic: 1, spec: { fps: 3, max_duration_s: 60 } });
  expect(recordings.ids(filmed.id)).toHaveLength(1);
  await expect.poll(() => recordings.get(first!.id).encoder).not.toBeNull();
  recordings.follow({ ...filmed, status: "stopping" });
  await finished(first!.id);
  expect(recordings.get(first!.id).end_reason).toBe("computer_stopped");

  await new Promise((resolve) => setTimeout(resolve, 5));
  const again = store.computers.patch(filmed.id, { started_at: new Date().toISOString() });
  recordings.follow(again);
  const [second] = recordings.list(filmed.id);
  expect(second!.id).not.toBe(first!.id);
  await recordings.stop(second!.id);
  recordings.follow(again);
  expect(recordings.ids(filmed.id)).toHaveLength(2);
}, 60_000);

test("what is too old is removed, then, for the quota, what ended first; strays on the disk go at the start", async () => {
  const display = new FakeDisplay(64, 64);
  studio = await openStudio(dir, displaysOf(display));
  studio.store.computers.insert(computer);
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) {
    const { id } = await studio.recordings.start(computer, StartRecording.parse({}), never);
    await studio.recordings.stop(id);
    ids.push(id);
  }
  const [old = "", big = "", lost = "", kept = ""] = ids;
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3600_000).toISOString();
  studio.store.recordings.patch(old, { ended_at: hoursAgo(2) });
  studio.store.recordings.patch(big, { ended_at: hoursAgo(0.5), size_bytes: 2 ** 31 });
  rmSync(studio.file(lost));
  mkdirSync(join(studio.root, "rec_strange"));
  await studio.close();

  studio = await openStudio(dir, displaysOf(display));
  await studio.recordings.resume();
  expect(studio.store.recordings.ids()).toEqual([lost, kept]);
  expect(readdirSync(studio.root).sort()).toEqual([lost, kept].sort());
  expect(studio.recordings.get(lost)).toMatchObject({ status: "failed", error: { code: "recording_failed" } });
  expect(() => studio!.recordings.files(lost)).toThrow(expect.objectContaining({ code: "recording_failed" }));
  expect(studio.recordings.files(kept)).toMatchObject({ video: "video.mp4" });
  expect(existsSync(studio.file(kept))).toBe(true);
}, 60_000);
