import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VitrineError } from "../../../contract/errors.ts";
import { findConfinement } from "../confinement/find.ts";
import type { UidRange } from "../confinement/walls.ts";
import type { Machine } from "../machine.ts";
import { type Accel, QEMU_BINARY } from "./args.ts";
import { launch } from "./launch.ts";

/** The kernel word that asks the initramfs for nothing but this answer on the console, and to power off. */
export const CANARY = { word: "vitrine.canary", answer: "VITRINE-CANARY-OK" } as const;
/** A guest that can run under KVM answers in well under a second. Milliseconds. */
const CANARY_MS = 8000;

export interface CanaryOptions {
  kernel: string;
  initrd: string;
  accel: Accel;
  signal: AbortSignal;
  binary?: string;
  /** Whose uid it may have. */
  uids?: UidRange;
  /** Milliseconds until the guest is given up. */
  deadlineMs?: number;
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

/**
 * Boots the canary as machines are booted, but without a disk. Answers null when it came up and powered off, otherwise what was wrong.
 * QEMU and its directory are gone when this settles. Rejects only with the signal's reason.
 */
export const runCanary = async (options: CanaryOptions): Promise<string | null> => {
  const { kernel, initrd, accel, signal, binary = QEMU_BINARY, uids, deadlineMs = CANARY_MS } = options;
  const timer = AbortSignal.timeout(deadlineMs);
  const until = AbortSignal.any([signal, timer]);
  const dir = await realpath(await mkdtemp(join(tmpdir(), "vitrine-canary-")));
  let machine: Machine | undefined;
  try {
    const confinement = { ...(await findConfinement({ uids, signal: until })), cgroups: { reason: "it runs for a second" } };
    const spec = { binary, accel, vcpus: 2, ram_mb: 512, kernel, initrd, append: [CANARY.word] };
    machine = await launch(dir, spec, confinement, until, () => {});
    const { reason } = await Promise.race([machine.exited, aborted(until)]);
    return (await machine.console()).includes(CANARY.answer) ? null : reason;
  } catch (error) {
    signal.throwIfAborted();
    if (timer.aborted) return `it did not answer within ${deadlineMs / 1000} s`;
    return error instanceof VitrineError && error.code === "machine_failed" ? String(error.details.reason) : (error as Error).message;
  } finally {
    await machine?.kill();
    await rm(dir, { recursive: true, force: true });
  }
};
