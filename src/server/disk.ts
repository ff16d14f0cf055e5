/** A computer's disks, in the order in which its guest sees them: the system, and the workspace. */
export const DISKS = ["root", "workspace"] as const;
export type Disk = (typeof DISKS)[number];
export type PerDisk<T> = Record<Disk, T>;
/** A disk's file in the computer's directory. */
export const diskFile = (disk: Disk): string => `${disk}.qcow2`;
