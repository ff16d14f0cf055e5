import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { GuestImage } from "../machine/machine.ts";
import { fileKey, findBinary } from "../machine/probe.ts";
import { type Accel, QEMU_BINARY, stateFlags } from "../machine/qemu/args.ts";
import { type Shape, templateDisks } from "./shape.ts";

/** Raised when what is done to a guest before it is saved changes. */
const RECIPE = 2;

/** The processor as a guest under KVM sees it; an emulated one is QEMU's own. */
const processor = async (accel: Accel): Promise<string> => {
  if (accel === "tcg") return "emulated";
  const info = await readFile("/proc/cpuinfo", "utf8");
  return ["model name", "flags", "microcode"].map((field) => new RegExp(`^${field}\\s*:.*$`, "m").exec(info)?.[0] ?? "").join("\n");
};

/** Names a template by everything that its saved state depends on. Short, since unix sockets lie below it while it is built. */
export const templateKey = async (shape: Shape, image: GuestImage, accel: Accel): Promise<string> => {
  const parts = [
    RECIPE,
    shape,
    image.id,
    await fileKey(await findBinary(QEMU_BINARY)),
    stateFlags(accel, shape.vcpus, shape.ram_mb),
    templateDisks(shape),
    await processor(accel),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
};
