import type { CreateComputer, TemplateName, Viewport } from "../../contract/computer.ts";
import type { PerDisk } from "../disk.ts";

/** What of a computer is fixed by the template it is restored from. */
export interface Shape {
  template: TemplateName;
  mode: "live" | "headless" | "none";
  vcpus: number;
  ram_mb: number;
  /** Size of the template's disk; a computer's own may be larger. */
  disk_size_mb: number;
  /** Of the screen, or of the window of a headless browser; a computer's own may be changed after the restore, which is work for its browser. */
  viewport: Viewport;
}

/** The screen of the templates that computers with a rarer one are restored from. */
const COMMON_VIEWPORT: Viewport = { width: 1280, height: 800 };

export const withCommonViewport = (shape: Shape): Shape => ({ ...shape, viewport: COMMON_VIEWPORT });

/** Disk of a template: the default, or the least for computers that ask for less. A file system grows online and never shrinks. */
const DISK_SIZES_MB = [10240, 2048] as const;
/** The least workspace that there is: each computer's grows to its quota when it is restored. */
const WORKSPACE_MB = 1024;

export const templateDisks = ({ disk_size_mb }: Shape): PerDisk<number> => ({ root: disk_size_mb, workspace: WORKSPACE_MB });

export const shapeOf = ({ template, vcpus, ram_mb, disk_size_mb, browser }: Omit<CreateComputer, "name">): Shape => ({
  template,
  mode: template === "scratch" ? "none" : browser.mode,
  vcpus,
  ram_mb,
  disk_size_mb: DISK_SIZES_MB.find((size) => size <= disk_size_mb) ?? 2048,
  viewport: template === "scratch" ? COMMON_VIEWPORT : browser.viewport,
});
