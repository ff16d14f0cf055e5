import type { PerDisk } from "../disk.ts";
import type { DiskBase, SavedState } from "../machine/machine.ts";
import { type Shape, templateDisks } from "./shape.ts";

/** A computer that was booted once and saved at the point where all are alike. */
export interface Template {
  /** Names all that went into it. */
  key: string;
  /** Where its files are. */
  dir: string;
  shape: Shape;
  disks: PerDisk<DiskBase>;
  state: SavedState;
  /** What the guest's agent takes until it is given a secret of its own. */
  secret: string;
}

/** The screen and the disks of a computer that has just been restored from it. */
export const savedSizes = ({ shape }: Template) => ({ viewport: shape.viewport, disks_mb: templateDisks(shape) });
