import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { GuestImage } from "../../src/server/machine/machine.ts";

/** manifest.json of a finished image: what went in and what came out. It is written last, so its presence marks the image complete. */
export const Manifest = z.object({
  id: z.string(),
  base_id: z.string(),
  template: z.string(),
  built_at: z.iso.datetime(),
  kernel_version: z.string(),
  node: z.string(),
  /** Bytes. */
  sizes: z.object({
    unpacked: z.int().describe("The files of the root file system"),
    compressed: z.int().describe("The same as a zstd archive, with the kernel"),
    disk: z.int().describe("root.qcow2"),
    initrd: z.int(),
  }),
  apt_sources: z.string(),
  packages: z.record(z.string(), z.string()).describe("Debian package to version"),
  inputs: z.record(z.string(), z.string()).describe("Input to SHA-256"),
});
export type Manifest = z.infer<typeof Manifest>;

export const imageAt = (dir: string, id: string, template: string): GuestImage => ({
  id,
  template,
  kernel: join(dir, "vmlinuz"),
  initrd: join(dir, "initrd.gz"),
  rootDisk: join(dir, "root.qcow2"),
});

/** Installed packages in the text of dpkg's status file. */
export const packagesIn = (status: string): Record<string, string> =>
  Object.fromEntries(
    status.split("\n\n").flatMap((stanza) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(stanza)?.[1];
      const name = field("Package");
      return name && field("Status")?.endsWith(" installed") ? [[name, field("Version") ?? ""]] : [];
    }),
  );

/** The manifest in an image's directory, or null when the image is not complete. */
export const readManifest = (dir: string): Manifest | null => {
  try {
    return Manifest.parse(JSON.parse(readFileSync(join(dir, "manifest.json"), "utf8")));
  } catch {
    return null;
  }
};
