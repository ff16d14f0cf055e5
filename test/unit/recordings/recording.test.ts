import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CreateKey } from "../../../src/contract/keys.ts";
import { StartRecording } from "../../../src/contract/recordings.ts";
import { identify, isAlive } from "../../../src/server/process/identity.ts";
import type { Ports } from "../../../src/server/recordings/studio.ts";
import { displaysOf, FakeDisplay, ScriptedClock } from "./fake-display.ts";
import { computerRecord, openStudio, type TestStudio } from "./studio.ts";
import { boxes, colours, probe } from "./video.ts";

const never = new AbortController().signal;
const computer = computerRecord("cmp_aaaaaaaaaaaa");
let dir: string;
let studio: TestStudio | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vt-"));
});
afterEach(async () => {
  await studio?.close();
  studio = undefined;
  rmSync(dir, { recursive: true });
});

/** Films `display` along the clock's script, until the script stops it at `endMs`; answers what came of it. */
const film = async (
  display: FakeDisplay,
  clock: ScriptedClock,
  endMs: number,
  spec: object = {},
  displays = displaysOf(display),
  watchPages: Ports["watchPages"] = () => () => {},
) => {
  const made = await openStudio(dir, displays, { clock, watchPages });
  studio = made;
  made.store.computers.insert(computer);
  const ended = Promise.withResolvers<void>();
  clock.at(endMs, () => {
    for (const { id } of made.recordings.list(computer.id)) void made.recordings.stop(id).then(() => ended.resolve());
  });
  const { id } = await made.recordings.start(computer, StartRecording.parse(spec), never);
  await ended.promise;
  const record = made.recordings.get(id);
  return { record, id, file: made.file(id), dir: join(made.root, id) };
};

test("each change is a frame at its own time; the video is seekable, has its chapters and a poster, and nothing else is left", async () => {
  const display = new FakeDisplay(320, 240);
  display.fill(0);
  const clock = new ScriptedClock();
  for (let i = 1; i <= 20; i++) clock.at(i * 100, () => display.fill(i * 10));
  const mark = (title: string) => () => studio!.recordings.mark(computer.id, title);
  clock.at(470, mark("Žluťoučký kůň; a=b #1 \\ 漢字"));
  clock.at(1270, mark("two\nlines"));
  const { record, file, dir: folder } = await film(display, clock, 2050, { fps: 20 });

  const video = probe(file);
  // The first picture, twenty changes, and the last one again when it was stopped.
  expect(video).toMatchObject({ codec: "h264", pixels: "yuv420p", width: 320, height: 240, frames: 22 });
  expect(Math.abs(video.duration - 2.05)).toBeLessThan(0.05);
  expect(video.chapters.map(({ title }) => title)).toEqual(["Start", "Žluťoučký kůň; a=b #1 \\ 漢字", "two lines"]);
  expect(video.chapters.map(({ at }) => Math.round(at * 10))).toEqual([0, 5, 13]);
  expect(record.chapters.map(({ title }) => title)).toEqual(["Žluťoučký kůň; a=b #1 \\ 漢字", "two lines"]);
  expect(record).toMatchObject({ status: "ready", end_reason: "stopped", frames: 22, width: 320, height: 240, error: null, encoder: null });
  expect(record.size_bytes).toBe(statSync(file).size);
  const kinds = boxes(file);
  expect(kinds.indexOf("moov")).toBeLessThan(kinds.indexOf("mdat"));
  expect(kinds).not.toContain("moof");
  expect(readdirSync(folder).sort()).toEqual(["poster.jpg", "video.mp4"]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const grey = colours(file).map(([red]) => red as number);
  expect(grey.slice(0, 21).map((value, i) => Math.abs(value - i * 10))).toSatisfy((off: number[]) => Math.max(...off) <= 4);
  expect(display.listeners).toBe(0);
});

test("pages that the browser goes to, and what is done, are chapters too; people's marks have room beside them", async () => {
  const display = new FakeDisplay(64, 64);
  const clock = new ScriptedClock();
  let tell = (_address: string) => {};
  let watching = 0;
  const watchPages = (_id: string, onPage: (address: string) => void) => {
    watching++;
    tell = onPage;
    return () => void watching--;
  };
  clock.at(100, () => tell("https://example.com/a"));
  clock.at(200, () => studio!.recordings.mark(computer.id, "Click at 1, 2"));
  clock.at(300, () => {
    for (let i = 0; i < 2000; i++) studio!.recordings.mark(computer.id, `action ${i}`);
  });
  clock.at(400, () => {
    for (const { id } of studio!.recordings.list(computer.id)) studio!.recordings.markOne(id, "by hand");
  });
  const { record } = await film(display, clock, 500, {}, displaysOf(display), watchPages);
  expect(record.chapters.slice(0, 2).map(({ title }) => title)).toEqual(["Page https://example.com/a", "Click at 1, 2"]);
  expect(record.chapters).toHaveLength(501);
  expect(record.chapters.at(-1)?.title).toBe("by hand");
  expect(watching).toBe(0);
});

test("changes that come faster than the frame rate are one frame", async () => {
  const display = new FakeDisplay(64, 64);
  const clock = new ScriptedClock();
  for (let i = 1; i <= 100; i++) clock.at(i * 10, () => display.fill(i));
  const { file } = await film(display, clock, 1001, { fps: 5 });
  expect(probe(file).frames).toBeLessThanOrEqual(7);
  expect(probe(file).frames).toBeGreaterThanOrEqual(5);
});

test("ten minutes of a still page are under 2 MB, and as long as they were", async () => {
  const display = new FakeDisplay(1280, 800);
  display.drawPage();
  const { file, record } = await film(display, new ScriptedClock(), 600_000);
  const video = probe(file);
  expect(Math.abs(video.duration - 600)).toBeLessThan(1);
  expect(video.frames).toBeGreaterThan(600);
  expect(record.size_bytes).toBeLessThan(2e6);
}, 120_000);

test("colours are those of the screen, and an odd screen gets an even picture", async () => {
  const display = new FakeDisplay(321, 241);
  display.fill(255, 128, 0);
  const { file } = await film(display, new ScriptedClock(), 500);
  expect(probe(file)).toMatchObject({ width: 322, height: 242 });
  const [[red = 0, green = 0, blue = 0] = []] = colours(file);
  expect([Math.abs(red - 255), Math.abs(green - 128), blue]).toSatisfy((off: number[]) => Math.max(...off) < 12);
});

test("a screen that changes its size is fitted into the first one's, in one video", async () => {
  const display = new FakeDisplay(320, 240);
  display.fill(200);
  const clock = new ScriptedClock();
  clock.at(2000, () => {
    display.resize(640, 200);
    display.fill(200);
  });
  clock.at(2500, () => display.fill(100));
  const { file, record } = await film(display, clock, 4000);
  expect(record.status).toBe("ready");
  const video = probe(file);
  expect(video).toMatchObject({ width: 320, height: 240 });
  expect(Math.abs(video.duration - 4)).toBeLessThan(0.05);
  const grey = colours(file).map(([red]) => red as number);
  expect(grey[0]).toBeGreaterThan(190);
  expect(grey.at(-1)).toSatisfy((value: number) => Math.abs(value - 100) < 5);
  // 320x100 in the middle of 320x240.
  expect(colours(file, "10:10").at(-1)![0]).toBeLessThan(5);
});

test("kill -9 of ffmpeg loses a few frames at most, and no time", async () => {
  const display = new FakeDisplay(320, 240);
  display.fill(0);
  const clock = new ScriptedClock();
  for (let i = 1; i <= 86; i++) clock.at(i * 100, () => display.fill(i * 2));
  for (const at of [2030, 5530])
    clock.at(at, () => {
      const [record] = studio!.recordings.list(computer.id);
      process.kill(record!.encoder!.pid, "SIGKILL");
    });
  const { file, record } = await film(display, clock, 8600, { fps: 12 });
  expect(record).toMatchObject({ status: "ready", error: null });
  const video = probe(file);
  expect(Math.abs(video.duration - 8.6)).toBeLessThan(0.1);
  // 87 pictures; each kill takes the frame that waits in the muxer for the next, and, as time flies here, one or two that ffmpeg has not read yet.
  expect(new Set(colours(file).map(([red]) => Math.round((red as number) / 2))).size).toBeGreaterThanOrEqual(80);
  expect(video.frames).toBeGreaterThanOrEqual(80);
});

test("a display that is lost and comes back is one recording", async () => {
  const display = new FakeDisplay(64, 64);
  display.fill(50);
  const clock = new ScriptedClock();
  clock.at(1000, () => display.lose());
  clock.at(5000, () => {
    display.restore();
    display.fill(150);
  });
  const { file, record } = await film(display, clock, 20_000);
  expect(record.status).toBe("ready");
  expect(Math.abs(probe(file).duration - 20)).toBeLessThan(0.1);
  const grey = colours(file).map(([red]) => red as number);
  expect([grey[0], grey.at(-1)]).toSatisfy(([a, b]: number[]) => Math.abs(a! - 50) < 5 && Math.abs(b! - 150) < 5);
});

test("a display that cannot be had is an error, and nothing is left", async () => {
  const display = new FakeDisplay(64, 64);
  display.lose();
  studio = await openStudio(dir, displaysOf(display), { clock: new ScriptedClock() });
  studio.store.computers.insert(computer);
  await expect(studio.recordings.start(computer, StartRecording.parse({}), never)).rejects.toMatchObject({ code: "display_unavailable" });
  expect(studio.recordings.list(computer.id)).toEqual([]);
  expect(readdirSync(studio.root)).toEqual([]);
});

test("an encoder that does not stay up makes the recording fail with ffmpeg's own words", async () => {
  const display = new FakeDisplay(1280, 800);
  studio = await openStudio(dir, displaysOf(display));
  studio.store.computers.insert(computer);
  const path = process.env.PATH;
  process.env.PATH = dir;
  writeFileSync(join(dir, "ffmpeg"), "#!/bin/sh\necho 'no such codec' >&2\nexit 1\n", { mode: 0o755 });
  try {
    await expect(studio.recordings.start(computer, StartRecording.parse({}), never)).rejects.toMatchObject({
      code: "recording_failed",
      message: "The recording failed: no such codec",
    });
  } finally {
    process.env.PATH = path;
  }
  expect(readdirSync(studio.root)).toEqual([]);
});

/** Draws what no encoder makes small. */
const noiseOn = (display: FakeDisplay) => {
  let noise = 1;
  return () => {
    const words = new Uint32Array(display.framebuffer.pixels.buffer, display.framebuffer.pixels.byteOffset, 640 * 480);
    for (let i = 0; i < words.length; i++) words[i] = noise = (noise * 1664525 + 1013904223) >>> 0;
    display.damage();
  };
};

test("the duration and the size end a recording, which says so", async () => {
  const display = new FakeDisplay(640, 480);
  const clock = new ScriptedClock();
  studio = await openStudio(dir, displaysOf(display), { clock });
  studio.store.computers.insert(computer);
  const short = await studio.recordings.start(computer, StartRecording.parse({ max_duration_s: 3 }), never);
  await expect.poll(() => studio!.recordings.get(short.id).status, { timeout: 30_000 }).toBe("ready");
  expect(studio.recordings.get(short.id).end_reason).toBe("max_duration");
  expect(Math.abs(probe(studio.file(short.id)).duration - 3)).toBeLessThan(1);

  const draw = noiseOn(display);
  const from = clock.now();
  for (let i = 1; i <= 200; i++) clock.at(from + i * 100, draw);
  const big = await studio.recordings.start(computer, StartRecording.parse({ max_size_mb: 1 }), never);
  await expect.poll(() => studio!.recordings.get(big.id).status, { timeout: 30_000 }).toBe("ready");
  expect(studio.recordings.get(big.id).end_reason).toBe("max_size");
}, 60_000);

test("a key's quota ends its recordings, and no other's", async () => {
  const display = new FakeDisplay(640, 480);
  const clock = new ScriptedClock();
  studio = await openStudio(dir, displaysOf(display), { clock });
  const { expires_in_s: _, ...input } = CreateKey.parse({ name: "a", max_recording_mb: 1 });
  const key = { ...input, id: "key_a", secret_hash: "", created_at: new Date().toISOString(), expires_at: null, revoked_at: null };
  studio.store.keys.insert(key);
  const own = { ...computer, key_id: key.id };
  const operators = { ...computer, id: "cmp_operators", name: "operators" };
  for (const one of [own, operators]) studio.store.computers.insert(one);

  const draw = noiseOn(display);
  const other = await studio.recordings.start(operators, StartRecording.parse({}), never);
  const from = clock.now();
  for (let i = 1; i <= 200; i++) clock.at(from + i * 100, draw);
  const { id } = await studio.recordings.start(own, StartRecording.parse({}), never);
  await expect.poll(() => studio!.recordings.get(id).status, { timeout: 30_000 }).toBe("ready");
  expect(studio.recordings.get(id)).toMatchObject({ key_id: key.id, end_reason: "quota" });
  expect(studio.recordings.get(other.id).status).toBe("recording");

  await expect(studio.recordings.start(own, StartRecording.parse({}), never)).rejects.toMatchObject({ code: "quota_exceeded" });
  await studio.recordings.remove(id);
  const again = await studio.recordings.start(own, StartRecording.parse({}), never);
  await Promise.all([again.id, other.id].map((one) => studio!.recordings.stop(one)));
}, 60_000);

test("whoever stops a recording at the same time shares one finalization; deleting one that runs leaves no file and no process", async () => {
  const display = new FakeDisplay(64, 64);
  studio = await openStudio(dir, displaysOf(display));
  studio.store.computers.insert(computer);
  const one = await studio.recordings.start(computer, StartRecording.parse({}), never);
  const two = await studio.recordings.start(computer, StartRecording.parse({}), never);
  expect(two.encoder && isAlive(two.encoder)).toBe(true);
  const answers = await Promise.all([1, 2, 3].map(() => studio!.recordings.stop(one.id)));
  expect(answers.map(({ status }) => status)).toEqual(["ready", "ready", "ready"]);
  expect(await studio.recordings.stop(one.id)).toMatchObject({ status: "ready", ended_at: answers[0]!.ended_at });
  expect(() => studio!.recordings.markOne(one.id, "late")).toThrow(expect.objectContaining({ code: "recording_ended" }));

  await Promise.all([studio.recordings.remove(two.id), studio.recordings.remove(two.id)]);
  expect(identify(two.encoder!.pid)?.start_time).not.toBe(two.encoder!.start_time);
  expect(existsSync(join(studio.root, two.id))).toBe(false);
  expect(() => studio!.recordings.get(two.id)).toThrow(expect.objectContaining({ code: "recording_not_found" }));
  expect(studio.recordings.list(computer.id).map(({ id }) => id)).toEqual([one.id]);
});

test("an encoder that stands still costs pictures, not memory", async () => {
  const display = new FakeDisplay(1280, 800);
  studio = await openStudio(dir, displaysOf(display));
  studio.store.computers.insert(computer);
  const { id, encoder } = await studio.recordings.start(computer, StartRecording.parse({ fps: 30 }), never);
  process.kill(encoder!.pid, "SIGSTOP");
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 50; i++) {
    display.fill(i);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * 1280 * 800 * 4);
  process.kill(encoder!.pid, "SIGCONT");
  expect(await studio.recordings.stop(id)).toMatchObject({ status: "ready", dropped_frames: expect.toSatisfy((n: number) => n > 5) });
});
