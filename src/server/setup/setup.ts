import { ensureImage } from "../../../guest-image/build/image.ts";
import type { TemplateName } from "../../contract/computer.ts";
import type { UidRange } from "../machine/confinement/walls.ts";
import type { GuestImage } from "../machine/machine.ts";
import { chooseAccel } from "../machine/probe.ts";
import type { Progress } from "../progress.ts";
import { installMissing } from "./install.ts";
import { missingRequirements, type Requirement, SERVICE_NEEDS } from "./packages.ts";

export interface SetupOptions {
  /** Whose image is to be there; it boots the acceleration's canary. */
  template: TemplateName;
  cacheDir: string;
  uids: UidRange;
  progress: Progress;
  signal: AbortSignal;
  /** Programs wanted beside the service's own. */
  alsoNeeds?: readonly Requirement[];
}

export interface SetupResult {
  image: GuestImage;
  accel: Awaited<ReturnType<typeof chooseAccel>>;
}

/**
 * All that a host needs before computers can be made: system packages, a guest image, the choice of acceleration. On a host that has
 * everything this looks at a few files and starts no process. Throws setup_incomplete with what to do.
 */
export const setUp = async ({ template, cacheDir, uids, progress, signal, alsoNeeds = [] }: SetupOptions): Promise<SetupResult> => {
  await installMissing(missingRequirements([...SERVICE_NEEDS, ...alsoNeeds]), progress, signal);
  const image = await ensureImage(template, { cacheDir, progress, signal });
  const accel = await chooseAccel({ kernel: image.kernel, initrd: image.initrd, cacheDir, uids, signal, progress });
  return { image, accel };
};
