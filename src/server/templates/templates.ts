import type { GuestImage } from "../machine/machine.ts";
import type { Accel } from "../machine/qemu/args.ts";
import type { Progress } from "../progress.ts";
import { type BuildPorts, ensureTemplate } from "./build.ts";
import { templateKey } from "./key.ts";
import type { Shape } from "./shape.ts";
import { findTemplate } from "./store.ts";
import type { Template } from "./template.ts";

/** What most computers are. */
const COMMON: Shape = { template: "browser", mode: "live", vcpus: 2, ram_mb: 2048, disk_size_mb: 10240 };
const isCommon = (shape: Shape): boolean => (Object.keys(COMMON) as (keyof Shape)[]).every((field) => shape[field] === COMMON[field]);

export interface Templates {
  /**
   * The template of a shape. One that is asked for the first time, and is not what most computers are, is not built for a single use: the answer is null, and the
   * computer boots, which takes no longer.
   */
  find(shape: Shape, image: GuestImage, signal: AbortSignal): Promise<Template | null>;
  /** The template of the common shape, built where it is not there. */
  ensureCommon(image: GuestImage, progress: Progress, signal: AbortSignal): Promise<Template>;
}

export const openTemplates = (ports: BuildPorts, accel: Accel, progress: Progress): Templates => {
  const asked = new Set<string>();
  return {
    find: async (shape, image, signal) => {
      const key = await templateKey(shape, image, accel);
      const found = await findTemplate(ports.cacheDir, key);
      if (found) return found;
      const first = !asked.has(key);
      asked.add(key);
      return first && !isCommon(shape) ? null : ensureTemplate(ports, shape, image, key, progress, signal);
    },
    ensureCommon: async (image, told, signal) =>
      ensureTemplate(ports, COMMON, image, await templateKey(COMMON, image, accel), told, signal),
  };
};
