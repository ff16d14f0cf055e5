import { isAbsolute, join } from "node:path";
import { diskFile } from "../../disk.ts";
import type { Tenant } from "../confinement/confine.ts";
import type { QemuSpec } from "./args.ts";

/** What QEMU may see when it runs `spec` in `dir`; `bases` are the disks that its own are laid over. */
export const tenantOf = (dir: string, spec: Omit<QemuSpec, "forwards" | "tscKhz">, bases: readonly string[]): Tenant => {
  const { binary, accel, vcpus, ram_mb, kernel, initrd, disks = [], memory, fwCfg = {} } = spec;
  const within = (path: string): string => (isAbsolute(path) ? path : join(dir, path));
  const write = [...disks.map(diskFile), ...(memory && !memory.private ? [memory.file] : [])];
  // What is not in /usr is named in full by who wants it run.
  const program = isAbsolute(binary) ? [binary] : [];
  const read = [...program, kernel, initrd, ...bases, ...(memory?.private ? [memory.file] : [])];
  return {
    view: { dir, write: write.map(within), read: read.map(within), devices: accel === "kvm" ? ["/dev/kvm"] : [] },
    secrets: Object.values(fwCfg).map(within),
    share: { vcpus, ram_mb },
    opensForWriting: memory?.private === true,
  };
};
