import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type CpioEntry, cpio } from "./cpio.ts";

const DIRECTORY = 0o040755;
const EXECUTABLE = 0o100755;
const FILE = 0o100644;
const CHARACTER_DEVICE = 0o020600;

/** Module files in an order in which each comes after those it needs. `modulesDep` is the text of modules.dep. Throws when one is not there. */
export const loadOrder = (modulesDep: string, wanted: string[]): string[] => {
  const nameOf = (path: string) =>
    basename(path)
      .replace(/\.ko(\.\w+)?$/, "")
      .replaceAll("-", "_");
  const needs = new Map(
    modulesDep
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const [path, dependencies] = line.split(":");
        return [nameOf(path!), [...(dependencies ?? "").split(" ").filter(Boolean).reverse(), path!]] as const;
      }),
  );
  const order = wanted.flatMap((name) => {
    const files = needs.get(name);
    if (!files) throw new Error(`the kernel has no module ${name}`);
    return files;
  });
  return [...new Set(order)];
};

/** The initramfs, gzipped, from an unpacked root file system that holds the kernel's modules and busybox. */
export const initramfs = (tree: string, kernelVersion: string, init: string, modules: string[]): Buffer => {
  const dir = join(tree, "usr/lib/modules", kernelVersion);
  const files = loadOrder(readFileSync(join(dir, "modules.dep"), "utf8"), modules);
  const busybox = ["usr/bin/busybox", "bin/busybox"].map((path) => join(tree, path)).find((path) => existsSync(path));
  if (!busybox) throw new Error("the root file system has no busybox");
  const entries: CpioEntry[] = [
    ...["dev", "proc", "sys", "root", "bin", "modules"].map((name) => ({ name, mode: DIRECTORY })),
    { name: "dev/console", mode: CHARACTER_DEVICE, device: [5, 1] },
    { name: "init", mode: EXECUTABLE, data: Buffer.from(init) },
    { name: "bin/busybox", mode: EXECUTABLE, data: readFileSync(busybox) },
    { name: "modules/order", mode: FILE, data: Buffer.from(`${files.map((path) => basename(path)).join("\n")}\n`) },
    ...files.map((path) => ({ name: `modules/${basename(path)}`, mode: FILE, data: readFileSync(join(dir, path)) })),
  ];
  return gzipSync(cpio(entries));
};
