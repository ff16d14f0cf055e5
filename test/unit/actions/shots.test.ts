import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MAX_ACTION_PICTURES } from "../../../src/contract/events.ts";
import { createAlbum } from "../../../src/server/actions/album.ts";
import { createShots, type ShotsPorts } from "../../../src/server/actions/shots.ts";
import { FakeDisplay } from "./fake-display.ts";

const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
};

/** Shots of a display that comes to rest when it is told to, and of which picture n says n. */
const studio = (more: Partial<ShotsPorts> = {}) => {
  const dir = folder();
  const display = new FakeDisplay();
  const rests: (() => void)[] = [];
  const scales: (number | undefined)[] = [];
  const failures: unknown[] = [];
  const shots = createShots({
    displays: { use: (_id, signal, work) => (signal.aborted ? Promise.reject(signal.reason) : work(display)) },
    settled: (_display, _options, signal) =>
      new Promise((resolve, reject) => {
        rests.push(resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      }),
    takePicture: async (_display, { scale }) => {
      scales.push(scale);
      return { data: Buffer.from(`picture ${scales.length}`), media_type: "image/webp", width: 320, height: 256, hash: "" };
    },
    album: createAlbum((id) => join(dir, id)),
    isWanted: () => true,
    onFailure: (_id, error) => void failures.push(error),
    ...more,
  });
  const rest = async () => {
    await expect.poll(() => rests.length).toBeGreaterThan(0);
    rests.shift()?.();
  };
  return { dir, shots, rest, rests, scales, failures };
};

const read = async (shots: ReturnType<typeof createShots>, id: string | undefined) => String(await shots.read("cmp_a", id ?? ""));

test("an action's picture is promised at once, and comes when the screen has come to rest", async () => {
  const { shots, rest, scales } = studio();
  const id = shots.afterAction("cmp_a");
  expect(id).toMatch(/^pic_[a-z0-9]{9}$/);
  const picture = read(shots, id);
  await rest();
  expect(await picture).toBe("picture 1");
  // 1000 pixels wide.
  expect(scales).toEqual([0.32]);
});

test("actions that come before a picture is taken share it, and it waits for what the last of them leaves", async () => {
  const { shots, rest, rests, scales } = studio();
  const first = shots.afterAction("cmp_a");
  await expect.poll(() => rests.length).toBe(1);
  expect(shots.afterAction("cmp_a")).toBe(first);
  await rest();
  // Once more, because something was done meanwhile.
  await expect.poll(() => rests.length).toBe(1);
  expect(scales).toEqual([]);
  const other = shots.afterAction("cmp_b");
  expect(other).not.toBe(first);
  await rest();
  expect(await read(shots, first)).toBe("picture 1");
  const next = shots.afterAction("cmp_a");
  expect(next).not.toBe(first);
  await rest();
  await rest();
  await read(shots, next);
  expect(await shots.read("cmp_b", other ?? "")).not.toBeNull();
  expect(scales.length).toBe(3);
});

test("while one is being taken the next one waits for it", async () => {
  const taking = Promise.withResolvers<void>();
  let taken = 0;
  const { shots, rest, rests } = studio({
    takePicture: async () => {
      if (++taken === 1) await taking.promise;
      return { data: Buffer.from(`picture ${taken}`), media_type: "image/webp", width: 320, height: 256, hash: "" };
    },
  });
  const first = shots.afterAction("cmp_a");
  await rest();
  await expect.poll(() => taken).toBe(1);
  const next = shots.afterAction("cmp_a");
  expect(next).not.toBe(first);
  expect(shots.afterAction("cmp_a")).toBe(next);
  expect(rests.length).toBe(0);
  taking.resolve();
  await rest();
  expect(await read(shots, next)).toBe("picture 2");
});

test("what cannot be taken is told of and is not there, and nothing is kept of a computer that is gone", async () => {
  const failing = studio({ displays: { use: () => Promise.reject(new Error("no display")) } });
  const id = failing.shots.afterAction("cmp_a");
  expect(await failing.shots.read("cmp_a", id ?? "")).toBeNull();
  expect(failing.failures).toEqual([new Error("no display")]);
  let wanted = true;
  const gone = studio({ isWanted: () => wanted });
  const late = gone.shots.afterAction("cmp_a");
  wanted = false;
  await gone.rest();
  expect(await gone.shots.read("cmp_a", late ?? "")).toBeNull();
  expect(readdirSync(gone.dir)).toEqual([]);
  expect(gone.shots.afterAction("cmp_a")).toBeUndefined();
});

test("at its end nothing is under way and nothing begins", async () => {
  const { shots, rests, failures } = studio();
  const id = shots.afterAction("cmp_a");
  await expect.poll(() => rests.length).toBe(1);
  await shots.close();
  expect(await shots.read("cmp_a", id ?? "")).toBeNull();
  expect(shots.afterAction("cmp_a")).toBeUndefined();
  expect(failures).toEqual([]);
});

test("an album has the latest pictures, for the service's user alone", async () => {
  const dir = folder();
  const album = createAlbum((id) => join(dir, id));
  const ids = Array.from({ length: MAX_ACTION_PICTURES + 3 }, (_, i) => `pic_${String(i).padStart(9, "0")}`);
  for (const id of ids) album.keep("cmp_a", id, Buffer.from(id));
  const kept = readdirSync(join(dir, "cmp_a/pictures")).sort();
  expect(kept).toEqual(ids.slice(3).map((id) => `${id}.webp`));
  expect(statSync(join(dir, "cmp_a/pictures", kept[0]!)).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, "cmp_a/pictures")).mode & 0o777).toBe(0o700);
  expect(await album.read("cmp_a", ids[2]!)).toBeNull();
  expect(String(await album.read("cmp_a", ids[3]!))).toBe(ids[3]);
});
