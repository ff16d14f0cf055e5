import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CreateComputer } from "../../../src/contract/computer.ts";
import { FILES, markFiles, readManifest, verify, writeManifest } from "../../../src/server/templates/manifest.ts";
import { type Shape, shapeOf, withCommonViewport } from "../../../src/server/templates/shape.ts";
import {
  buildDir,
  discardTemplate,
  evict,
  findTemplate,
  freshDir,
  refer,
  removeAbandoned,
  sizeOnDisk,
  templatesDir,
  unrefer,
} from "../../../src/server/templates/store.ts";

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "vitrine-templates-"));
  mkdirSync(templatesDir(cache));
});
afterEach(() => rmSync(cache, { recursive: true }));

const shape: Shape = {
  template: "browser",
  mode: "live",
  vcpus: 2,
  ram_mb: 2048,
  disk_size_mb: 10240,
  viewport: { width: 1280, height: 800 },
};
/** A finished template, last used `age` seconds ago. */
const publish = async (key: string, age = 0): Promise<string> => {
  const dir = freshDir(cache, key);
  mkdirSync(dir);
  for (const name of FILES) writeFileSync(join(dir, name), `${name} of ${key}`.padEnd(20_000, "."));
  const manifest = {
    key,
    shape,
    image_id: "i",
    built_at: new Date().toISOString(),
    secret: "s",
    size: await sizeOnDisk(dir),
    files: await markFiles(dir),
  };
  await writeManifest(dir, manifest);
  const used = new Date(Date.now() - age * 1000);
  utimesSync(dir, used, used);
  return dir;
};
const left = () =>
  readdirSync(templatesDir(cache))
    .map((name) => name.split("-")[0])
    .sort();

test("a whole template is found by its key, and no other", async () => {
  const dir = await publish("aaaa");
  const found = await findTemplate(cache, "aaaa");
  expect(found).toMatchObject({
    key: "aaaa",
    dir,
    shape,
    secret: "s",
    state: { file: join(dir, "state"), memory: join(dir, "memory"), exact: true },
  });
  expect(await findTemplate(cache, "bbbb")).toBeNull();
});

test.each(FILES)("a template whose %s was changed is not served, and is removed", async (name) => {
  const dir = await publish("aaaa");
  const file = join(dir, name);
  writeFileSync(file, `X${"".padEnd(19_999, ".")}`);
  expect(await findTemplate(cache, "aaaa")).toBeNull();
  expect(existsSync(dir)).toBe(false);
});

test("one that is short of a byte, or of a file, is not served", async () => {
  appendFileSync(join(await publish("aaaa"), "memory"), "x");
  expect(await findTemplate(cache, "aaaa")).toBeNull();
  rmSync(join(await publish("aaaa"), "state"));
  expect(await findTemplate(cache, "aaaa")).toBeNull();
  expect(left()).toEqual([]);
});

test("one that was only touched is read and compared once, and served; bytes that rotted under the same times are found by a thorough look", async () => {
  const dir = await publish("aaaa");
  utimesSync(join(dir, "memory"), 1, 1);
  expect(await findTemplate(cache, "aaaa")).toMatchObject({ dir });
  const manifest = (await readManifest(dir))!;
  const rotten = { ...manifest, files: { ...manifest.files, state: { ...manifest.files.state, sha256: "0".repeat(64) } } };
  // Its mark is the one of now, so it is not read again.
  expect(manifest.files.memory.mtime_ms).toBe(1000);
  expect(await verify(dir, rotten)).toEqual(rotten);
  expect(await verify(dir, rotten, { thorough: true })).toBeNull();
});

test("a broken template stays for the computers that are based on it, is never given out, and goes with the last of them", async () => {
  const dir = await publish("aaaa");
  const computer = join(cache, "cmp_1");
  mkdirSync(computer);
  await refer(dir, "cmp_1", computer);
  await refer(dir, "cmp_1", computer);
  appendFileSync(join(dir, "state"), "x");
  expect(await findTemplate(cache, "aaaa")).toBeNull();
  expect(existsSync(join(dir, "memory"))).toBe(true);
  const second = await publish("aaaa");
  expect(await findTemplate(cache, "aaaa")).toMatchObject({ dir: second });
  await evict(cache, 1e9, "aaaa");
  expect(existsSync(dir)).toBe(true);
  rmSync(computer, { recursive: true });
  await evict(cache, 1e9, "aaaa");
  expect(readdirSync(templatesDir(cache))).toEqual([basename(second)]);
});

test("a computer that is deleted leaves no reference, and takes a template that is out of use with it", async () => {
  const dir = await publish("aaaa");
  for (const id of ["cmp_1", "cmp_2"]) {
    mkdirSync(join(cache, id));
    await refer(dir, id, join(cache, id));
  }
  await unrefer(dir, "cmp_1");
  await unrefer(dir, "cmp_1");
  expect(readdirSync(join(dir, "refs"))).toEqual(["cmp_2"]);
  await discardTemplate(dir);
  expect(existsSync(dir)).toBe(true);
  await unrefer(dir, "cmp_2");
  expect(existsSync(dir)).toBe(false);
});

test("over the cap those go that were used longest ago, but for the one just made and those in use", async () => {
  const inUse = await publish("old", 400);
  const computer = join(cache, "cmp_1");
  mkdirSync(computer);
  await refer(inUse, "cmp_1", computer);
  utimesSync(inUse, 1, 1);
  await publish("older", 300);
  await publish("newer", 200);
  await publish("made", 500);
  const each = await sizeOnDisk(await publish("newest"));
  await evict(cache, 3.5 * each, "made");
  expect(left()).toEqual(["made", "newest", "old"]);
});

test("what a builder that is gone has left is ended and removed", async () => {
  const dir = buildDir(cache, "cccc");
  mkdirSync(join(dir, "m"), { recursive: true });
  const cleared: string[] = [];
  expect(await removeAbandoned(templatesDir(cache), async (abandoned) => void cleared.push(abandoned))).toBe(1);
  expect(cleared).toEqual([dir]);
  expect(existsSync(dir)).toBe(false);
});

test("the shape is what a template fixes: disks are grown, other options are given later", () => {
  const of = (input: object) => shapeOf(CreateComputer.parse(input));
  expect(of({})).toEqual(shape);
  expect(of({ disk_size_mb: 20_000, workspace_quota_mb: 1024, env: { A: "1" }, browser: { locale: "cs-CZ" } })).toEqual(shape);
  expect(of({ disk_size_mb: 5000 }).disk_size_mb).toBe(2048);
  expect(of({ template: "scratch", browser: { mode: "headless" } }).mode).toBe("none");
  expect(of({ browser: { mode: "headless" } }).mode).toBe("headless");
  const viewport = { width: 1000, height: 700 };
  expect(of({ browser: { viewport } })).toEqual({ ...shape, viewport });
  expect(withCommonViewport(of({ browser: { viewport } }))).toEqual(shape);
  expect(of({ template: "scratch", browser: { viewport } }).viewport).toEqual(shape.viewport);
});
