import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findImage } from "../../../../guest-image/build/image.ts";
import { findConfinement } from "../../machine/confinement/find.ts";
import { inWords } from "../../machine/confinement/walls.ts";
import { chooseAccel } from "../../machine/probe.ts";
import type { Config } from "../config.ts";
import type { Check } from "./check.ts";

const silent = () => {};

/** Where chooseAccel keeps its verdict; its time says when the test guest ran. */
const verdictTime = async (cacheDir: string): Promise<string> => {
  const info = await stat(join(cacheDir, "accel.json")).catch(() => null);
  return info ? `, tried ${info.mtime.toISOString()}` : "";
};

/** Never a reason to refuse: everything works without KVM, some ten times slower. */
export const acceleration = async ({ cacheDir, uids }: Pick<Config, "cacheDir" | "uids">, signal: AbortSignal): Promise<Check> => {
  const base = { name: "acceleration", ok: true, needed: false };
  const image = await findImage("browser", { cacheDir });
  if (!image) return { ...base, found: "not tried yet", why: "The test guest needs the image of the browser template." };
  const { accel, reason } = await chooseAccel({ kernel: image.kernel, initrd: image.initrd, cacheDir, uids, signal, progress: silent });
  const found = accel === "kvm" ? "KVM" : "emulation (TCG)";
  return { ...base, found: `${found}${await verdictTime(cacheDir)}`, why: reason };
};

/** What stands around a machine here, and what bounds it. */
export const confinement = async ({ uids }: Pick<Config, "uids">, signal: AbortSignal): Promise<Check[]> => {
  const found = await findConfinement({ uids, signal });
  const walls = {
    name: "confinement",
    needed: false,
    found: [inWords(found), ...found.lacks].join("; "),
    why: "A QEMU that a guest has taken over finds itself there.",
  };
  const bounds = { name: "control groups", needed: false, why: "They bound what one machine takes of processor, memory and processes." };
  return [
    found.walls.kind === "none"
      ? { ...walls, ok: false, fix: "Run as root or allow user namespaces; until then machines can read what the service can." }
      : { ...walls, ok: true },
    "base" in found.cgroups
      ? { ...bounds, ok: true, found: found.cgroups.base }
      : {
          ...bounds,
          ok: false,
          found: found.cgroups.reason,
          fix: "Run the service by systemd with Delegate=yes, on a host with cgroup v2.",
        },
  ];
};
