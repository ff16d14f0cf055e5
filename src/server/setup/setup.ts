import { ensureImage } from "../../../guest-image/build/image.ts";
import type { TemplateName } from "../../contract/computer.ts";
import type { GuestImage } from "../machine/machine.ts";
import { chooseAccel } from "../machine/probe.ts";
import type { Progress } from "../progress.ts";
import { installMissing } from "./install.ts";
import { missingRequirements, type Requirement, SERVICE_NEEDS } from "./packages.ts";

export interface SetupOptions {
  /** Images to build when they are not there; at least one, since the first one boots the acceleration's canary. */
  templates: readonly [TemplateName, ...TemplateName[]];
  cacheDir: string;
  progress: Progress;
  signal: AbortSignal;
  /** Programs wanted beside the service's own. */
  alsoNeeds?: readonly Requirement[];
}

export interface SetupResult {
  images: [GuestImage, ...GuestImage[]];
  accel: Awaited<ReturnType<typeof chooseAccel>>;
}

/**
 * All that a host needs before computers can be made: system packages, guest images, the choice of acceleration. On a host that has
 * everything this looks at a few files and starts no process. Throws setup_incomplete with what to do.
 */
export const setUp = async ({ templates, cacheDir, progress, signal, alsoNeeds = [] }: SetupOptions): Promise<SetupResult> => {
  await installMissing(missingRequirements([...SERVICE_NEEDS, ...alsoNeeds]), progress, signal);
  const [first, ...rest] = templates;
  const image = await ensureImage(first, { cacheDir, progress, signal });
  const accel = await chooseAccel({ kernel: image.kernel, initrd: image.initrd, cacheDir, signal, progress });
  const images: SetupResult["images"] = [image];
  for (const template of rest) images.push(await ensureImage(template, { cacheDir, progress, signal }));
  return { images, accel };
};
