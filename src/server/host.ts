import { ensureImage, findImage } from "../../guest-image/build/image.ts";
import type { TemplateName } from "../contract/computer.ts";
import type { Log, Ports } from "./computers/engine.ts";
import { openGuest } from "./guest/open.ts";
import { createQemuDriver } from "./machine/qemu/driver.ts";
import type { Progress } from "./progress.ts";
import type { Config } from "./setup/config.ts";
import { setUp } from "./setup/setup.ts";

/** Milliseconds that a boot may take, by acceleration. */
const BOOT_DEADLINE_MS = { kvm: 60_000, tcg: 300_000 };

/** What this machine offers to run computers with. Tests bring their own. */
export interface Host extends Pick<Ports, "machines" | "image" | "openGuest" | "bootDeadlineMs"> {
  hasImage(template: TemplateName): Promise<boolean>;
  /** One sentence for the log. */
  about: string;
}

/** Sets the machine up where something is missing, with progress, and answers what it has. */
export const prepareHost = async ({ cacheDir }: Config, progress: Progress, log: Log, signal: AbortSignal): Promise<Host> => {
  const { accel } = await setUp({ templates: ["browser"], cacheDir, progress, signal });
  return {
    machines: createQemuDriver({ accel: accel.accel, log: (message) => log.info({}, message) }),
    image: (template, within) =>
      ensureImage(template, { cacheDir, signal: within, progress: ({ step, message }) => log.info({ template, step }, message) }),
    hasImage: async (template) => (await findImage(template, { cacheDir })) !== null,
    openGuest: (link, secret) => openGuest({ link, secret }),
    bootDeadlineMs: BOOT_DEADLINE_MS[accel.accel],
    about: `${accel.accel}: ${accel.reason}`,
  };
};
