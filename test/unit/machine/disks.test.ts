import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { freeze, layOver, layOverFrozen, readBases } from "../../../src/server/machine/disks.ts";
import { tempDir } from "../../support/temp.ts";

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
  await layOver(at("a", "root.qcow2"), { file: template, overlay: null }, 16);
  expect(await readBases(at("a"))).toEqual([template, image]);

  const frozen = await freeze(at("a"), "root.qcow2");
  await layOverFrozen(at("b", "root.qcow2"), frozen);
  expect(await readBases(at("b"))).toEqual([frozen.slice(at("a").length + 1), template, image]);
  execFileSync("qemu-img", ["check", "-q", at("b", "root.qcow2")]);
});

test("a frozen disk is the service's, and nobody's to write", async () => {
  await layOver(at("a", "root.qcow2"), { file: image, overlay: null }, 16);
  const frozen = statSync(await freeze(at("a"), "root.qcow2"));
  expect(frozen.mode & 0o777).toBe(0o444);
  expect(frozen.uid).toBe(process.geteuid!());
});

test("a disk whose machine has written another base into it leads neither its machine nor a fork there", async () => {
  writeFileSync(at("victim", "root.qcow2"), readFileSync(image));
  await layOver(at("a", "root.qcow2"), { file: image, overlay: null }, 16);
  await using disk = await open(at("a", "root.qcow2"), "r+");
  const header = Buffer.alloc(20);
  await disk.read(header, 0, header.length, 0);
  const lie = "../victim/root.qcow2";
  await disk.write(lie, Number(header.readBigUInt64BE(8)));
  header.writeUInt32BE(lie.length, 16);
  await disk.write(header, 0, header.length, 0);
  expect(execFileSync("qemu-img", ["info", "-U", at("a", "root.qcow2")], { encoding: "utf8" })).toContain(lie);

  expect(await readBases(at("a"))).toEqual([image]);
  await layOverFrozen(at("b", "root.qcow2"), await freeze(at("a"), "root.qcow2"));
  expect(await readBases(at("b"))).toEqual([expect.stringMatching(/^disk-[0-9a-f]{16}[.]qcow2$/), image]);
  expect(existsSync(at("victim", "root.qcow2")) && statSync(at("victim", "root.qcow2")).nlink).toBe(1);
});
