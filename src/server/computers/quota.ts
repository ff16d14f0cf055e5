import { VitrineError } from "../../contract/errors.ts";
import type { Caller } from "../auth/caller.ts";
import type { Usage } from "../store/computers.ts";
import type { Engine } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";

/** What computers of a size will take once they run. */
export const sizeOf = ({ vcpus, ram_mb, disk_size_mb, workspace_quota_mb }: ComputerRecord["spec"], count = 1): Usage => ({
  computers: count,
  vcpus: count * vcpus,
  ram_mb: count * ram_mb,
  disk_mb: count * (disk_size_mb + workspace_quota_mb),
});

/**
 * Throws quota_exceeded when the caller's key may not have that much more. It is atomic with what its caller writes down before it awaits
 * anything: the store answers at once.
 */
export const requireQuota = (engine: Pick<Engine, "store">, { key }: Caller, more: Partial<Usage>): void => {
  if (key === null) return;
  const usage = engine.store.computers.usage(key.id);
  const limits = [
    ["computers", key.max_computers, "computers"],
    ["vcpus", key.max_vcpus, "cores in computers that are not stopped"],
    ["ram_mb", key.max_ram_mb, "MiB of memory in computers that are not stopped"],
    ["disk_mb", key.max_disk_mb, "MiB of disks and workspaces"],
  ] as const;
  for (const [name, limit, what] of limits) {
    const wanted = usage[name] + (more[name] ?? 0);
    if (limit !== null && (more[name] ?? 0) > 0 && wanted > limit)
      throw new VitrineError("quota_exceeded", { limit, what, wanted, used: usage[name] });
  }
};
