import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isFit } from "../../../src/server/setup/doctor/check.ts";
import { dataDirectory, diskSpace, nodeVersion, resources } from "../../../src/server/setup/doctor/host.ts";
import { mendAll } from "../../../src/server/setup/doctor/mend.ts";
import { packages } from "../../../src/server/setup/doctor/packages.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "vitrine-doctor-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("what is missing comes with what to do", () => {
  expect(nodeVersion("20.20.2")).toMatchObject({ ok: false, needed: true, fix: expect.any(String) });
  expect(nodeVersion("24.0.0")).not.toHaveProperty("fix");
  const checks = packages([dir]);
  expect(checks.find((c) => c.name === "qemu-img")).toMatchObject({ ok: false, fix: expect.stringContaining("qemu-utils") });
  expect(resources(2, 1024 ** 3)).toMatchObject({ ok: false, needed: false });
});

test("the data directory is ours alone, or is yet to be made where we may write", async () => {
  await chmod(dir, 0o700);
  expect(await dataDirectory({ dataDir: dir })).toMatchObject({ ok: true });
  await chmod(dir, 0o755);
  expect(await dataDirectory({ dataDir: dir })).toMatchObject({ ok: false, fix: `chmod 700 ${dir}` });
  expect(await dataDirectory({ dataDir: dir }, -2)).toMatchObject({ ok: false, fix: expect.stringContaining("chown") });
  expect(await dataDirectory({ dataDir: join(dir, "a", "b") })).toMatchObject({
    ok: true,
    found: expect.stringContaining("not there yet"),
  });
});

test("what is mended is what was wrong, once for all that ask for it, and one failure keeps no other back", async () => {
  await chmod(dir, 0o755);
  const open = await dataDirectory({ dataDir: dir });
  const check = { name: "x", ok: false, needed: true, found: "", why: "" };
  let times = 0;
  const install = async () => {
    times++;
    throw new Error("no network");
  };
  const checks = [{ ...check, mend: install }, { ...check, name: "y", mend: install }, check, open];
  const progress = () => {};
  expect(await mendAll(checks, progress, new AbortController().signal)).toEqual([
    { names: ["x", "y"], error: "no network" },
    { names: ["data directory"], error: null },
  ]);
  expect(times).toBe(1);
  expect(await dataDirectory({ dataDir: dir })).toMatchObject({ ok: true });
  await expect(mendAll(checks, progress, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});

test("disk space is looked at where the folders will be", async () => {
  const checks = await diskSpace({ dataDir: join(dir, "not", "yet"), cacheDir: dir });
  expect(checks.map((c) => c.found)).toEqual([expect.stringMatching(/^\d+\.\d GiB free/), expect.stringMatching(/^\d+\.\d GiB free/)]);
});

test("only what is needed makes a host unfit", () => {
  const check = { name: "x", found: "", why: "" };
  expect(isFit([{ ...check, ok: false, needed: false }])).toBe(true);
  expect(isFit([{ ...check, ok: false, needed: true }])).toBe(false);
});
