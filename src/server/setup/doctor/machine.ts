import { stat } from "node:fs/promises";
import { join } from "node:path";
import { findImage } from "../../../../guest-image/build/image.ts";
import { probeIsolation } from "../../machine/link.ts";
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
export const acceleration = async ({ cacheDir }: Pick<Config, "cacheDir">, signal: AbortSignal): Promise<Check> => {
  const base = { name: "acceleration", ok: true, needed: false };
  const image = await findImage("browser", { cacheDir });
  if (!image) return { ...base, found: "not tried yet", why: "The test guest needs the image of the browser template." };
  const { accel, reason } = await chooseAccel({ kernel: image.kernel, initrd: image.initrd, cacheDir, signal, progress: silent });
  const found = accel === "kvm" ? "KVM" : "emulation (TCG)";
  return { ...base, found: `${found}${await verdictTime(cacheDir)}`, why: reason };
};

export const isolation = async (signal: AbortSignal): Promise<Check> => {
  const base = { name: "network namespaces", needed: false, why: "They keep a machine's link off the host's network." };
  const got = await probeIsolation(signal);
  if (got.namespace) return { ...base, ok: true, found: `${got.namespace.join(" ")} works` };
  return { ...base, ok: false, found: got.reason, fix: "Run as root or allow user namespaces; until then links are loopback ports." };
};
