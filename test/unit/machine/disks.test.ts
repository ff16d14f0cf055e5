import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { DISKS, diskFile } from "../../../src/server/disk.ts";
import { bytesOf, freeze, layOver, layOverFrozen, readBases, unusedFrozen } from "../../../src/server/machine/disks.ts";
import { tempDir } from "../../support/temp.ts";

const SIZES = { root: 16, workspace: 16 };
let root: string;
let image: string;
const at = (...names: string[]): string => join(root, ...names);
beforeEach(() => {
  root = tempDir();
  image = at("image.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", image, "8M"]);
  for (const name of ["a", "b", "victim"]) mkdirSync(at(name));
});

test("what a disk is laid over is written down, down to the image", async () => {
  const template = at("template.qcow2");
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, template]);
  await layOver(at("a"), { root: { file: template, overlay: null }, workspace: null }, SIZES);
  expect(await readBases(at("a"))).toEqual({ root: [template, image], workspace: [] });

  const frozen = await freeze(at("a"));
  await layOverFrozen(at("b"), frozen);
  expect(await readBases(at("b"))).toEqual({ root: [basename(frozen.root), template, image], workspace: [basename(frozen.workspace)] });
  for (const disk of DISKS) execFileSync("qemu-img", ["check", "-q", at("b", diskFile(disk))]);
});

test("a disk without a base is empty and of the size it is given, and takes hardly anything of the host's", async () => {
  await layOver(at("a"), { root: { file: image, overlay: null }, workspace: null }, { root: 16, workspace: 1024 * 1024 });
  const info = JSON.parse(execFileSync("qemu-img", ["info", "--output=json", at("a", "workspace.qcow2")], { encoding: "utf8" }));
  expect(info).toMatchObject({ "virtual-size": 1024 ** 4, format: "qcow2" });
  expect(bytesOf(at("a"), "workspace")).toBeLessThan(1024 ** 2);
});

test("what a disk takes of the host is what is written to it, with what was frozen of it; of one that is not there, nothing", async () => {
  await layOver(at("a"), { root: { file: image, overlay: null }, workspace: null }, SIZES);
  execFileSync("qemu-io", ["-c", "write 0 4M", at("a", "workspace.qcow2")]);
  const before = bytesOf(at("a"), "workspace");
  expect(before).toBeGreaterThanOrEqual(4 * 1024 ** 2);
  await freeze(at("a"));
  expect(bytesOf(at("a"), "workspace")).toBeGreaterThanOrEqual(before);
  expect(bytesOf(at("nowhere"), "workspace")).toBe(0);
});

test("a frozen disk is the service's, and nobody's to write", async () => {
  await layOver(at("a"), { root: { file: image, overlay: null }, workspace: null }, SIZES);
  for (const path of Object.values(await freeze(at("a")))) {
    const frozen = statSync(path);
    expect(frozen.mode & 0o777).toBe(0o444);
    expect(frozen.uid).toBe(process.geteuid!());
  }
});

test("a disk whose machine has written another base into it leads neither its machine nor a fork there", async () => {
  writeFileSync(at("victim", "root.qcow2"), readFileSync(image));
  await layOver(at("a"), { root: { file: image, overlay: null }, workspace: null }, SIZES);
  await using disk = await open(at("a", "root.qcow2"), "r+");
  const header = Buffer.alloc(20);
  await disk.read(header, 0, header.length, 0);
  const lie = "../victim/root.qcow2";
  await disk.write(lie, Number(header.readBigUInt64BE(8)));
  header.writeUInt32BE(lie.length, 16);
  await disk.write(header, 0, header.length, 0);
  expect(execFileSync("qemu-img", ["info", "-U", at("a", "root.qcow2")], { encoding: "utf8" })).toContain(lie);

  expect((await readBases(at("a"))).root).toEqual([image]);
  await layOverFrozen(at("b"), await freeze(at("a")));
  expect((await readBases(at("b"))).root).toEqual([expect.stringMatching(/^root-[0-9a-f]{16}[.]qcow2$/), image]);
  expect(existsSync(at("victim", "root.qcow2")) && statSync(at("victim", "root.qcow2")).nlink).toBe(1);
});

test("frozen disks that nothing is laid over in their directory are left from a fork; those that something is, are not", async () => {
  await layOver(at("a"), { root: { file: image, overlay: null }, workspace: null }, SIZES);
  const names = (frozen: Awaited<ReturnType<typeof freeze>>) =>
    Object.values(frozen)
      .map((path) => basename(path))
      .sort();
  const frozen = await freeze(at("a"));
  await layOverFrozen(at("b"), frozen);
  const cutOff = await freeze(at("b"));
  expect(unusedFrozen(at("a")).sort()).toEqual(names(frozen));
  expect(unusedFrozen(at("b")).sort()).toEqual(names(cutOff));
  // Where nobody knows what is used, all of it may be.
  expect(unusedFrozen(root)).toEqual([]);
});
