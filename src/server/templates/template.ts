import type { DiskBase, SavedState } from "../machine/machine.ts";
import type { Shape } from "./shape.ts";

/** A computer that was booted once and saved at the point where all are alike. */
export interface Template {
  /** Names all that went into it. */
  key: string;
  /** Where its files are. */
  dir: string;
  shape: Shape;
  disk: DiskBase;
  state: SavedState;
  /** What the guest's agent takes until it is given a secret of its own. */
  secret: string;
}
