import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, open, readFile, realpath, rename, stat, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { delimiter, join } from "node:path";
import type { Progress } from "../progress.ts";
import type { UidRange } from "./confinement/walls.ts";
import { type Accel, QEMU_BINARY } from "./qemu/args.ts";
import { runCanary } from "./qemu/canary.ts";

export interface AccelChoice {
  accel: Accel;
  /** One sentence for a person. */
  reason: string;
  /** The canary was not run now: an earlier verdict holds. */
  cached: boolean;
}

export interface ProbeOptions {
  kernel: string;
  initrd: string;
  /** The verdict is kept here in accel.json. */
  cacheDir: string;
  signal: AbortSignal;
  progress: Progress;
  qemuBinary?: string;
  /** Whose uid the test guest may have. */
  uids?: UidRange;
  /** Default /dev/kvm. */
  kvmDevice?: string;
  /** Do not believe an earlier verdict. */
  fresh?: boolean;
}

interface Verdict {
  key: string;
  accel: Accel;
  reason: string;
}

const kvmRefusal = async (device: string): Promise<string | null> => {
  try {
    await (await open(device, constants.O_RDWR)).close();
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return `there is no ${device}`;
    if (code === "EACCES") return `${device} may not be opened by this user; add it to the group that owns the device`;
    return `${device} cannot be opened: ${(error as Error).message}`;
  }
};

/** Real path of a program on the path; its name where there is none. */
export const findBinary = async (name: string): Promise<string> => {
  for (const dir of name.includes("/") ? [""] : (process.env.PATH ?? "").split(delimiter)) {
    const path = join(dir, name);
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return realpath(path);
  }
  return name;
};

/** Names the content of a file well enough to notice that it was replaced. */
export const fileKey = async (path: string): Promise<string> => {
  const info = await stat(path).catch(() => null);
  return info ? `${path}:${info.size}:${info.mtimeMs}` : `${path}:absent`;
};

/** Everything that a verdict depends on. */
const verdictKey = async (options: ProbeOptions, binary: string, device: string): Promise<string> => {
  const cpu = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const kvm = await stat(device);
  const parts = [
    await fileKey(binary),
    await fileKey(options.kernel),
    await fileKey(options.initrd),
    `${kvm.rdev}:${kvm.mode}:${kvm.uid}:${kvm.gid}`,
    /^model name.*$/m.exec(cpu)?.[0] ?? "",
    /^microcode.*$/m.exec(cpu)?.[0] ?? "",
    release(),
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
};

const readVerdict = async (path: string): Promise<Verdict | null> => {
  try {
    const verdict = JSON.parse(await readFile(path, "utf8")) as Verdict;
    return (verdict.accel === "kvm" || verdict.accel === "tcg") && typeof verdict.reason === "string" ? verdict : null;
  } catch {
    return null;
  }
};

const writeVerdict = async (path: string, verdict: Verdict): Promise<void> => {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(verdict, null, 2)}\n`);
  await rename(draft, path);
};

/**
 * Chooses between KVM and emulation. /dev/kvm may open and still be unable to run a stock kernel, so a test guest is booted, once: the
 * verdict is kept until QEMU, the kernel, the CPU or the device changes. Rejects only with the signal's reason, or when `cacheDir`
 * cannot be written.
 */
export const chooseAccel = async (options: ProbeOptions): Promise<AccelChoice> => {
  const { cacheDir, signal, progress, kvmDevice = "/dev/kvm", fresh = false } = options;
  signal.throwIfAborted();
  const refusal = await kvmRefusal(kvmDevice);
  if (refusal) return { accel: "tcg", reason: `emulation, because ${refusal}`, cached: false };
  const binary = await findBinary(options.qemuBinary ?? QEMU_BINARY);
  const key = await verdictKey(options, binary, kvmDevice);
  const path = join(cacheDir, "accel.json");
  const known = fresh ? null : await readVerdict(path);
  if (known?.key === key) return { accel: known.accel, reason: known.reason, cached: true };

  progress({ step: "accel", message: "Trying KVM with a test guest" });
  const fault = await runCanary({ ...options, accel: "kvm", binary });
  const verdict: Verdict = fault
    ? { key, accel: "tcg", reason: `emulation, because a test guest does not run under KVM here: ${fault}` }
    : { key, accel: "kvm", reason: "KVM: a test guest ran" };
  await mkdir(cacheDir, { recursive: true });
  await writeVerdict(path, verdict);
  return { accel: verdict.accel, reason: verdict.reason, cached: false };
};
