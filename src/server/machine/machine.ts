import type { Disk, PerDisk } from "../disk.ts";
import type { ProcessIdentity } from "../process/identity.ts";

/** A built guest image (guest-image/build), as a machine needs it. */
export interface GuestImage {
  /** Content hash of the image's inputs. */
  id: string;
  template: string;
  kernel: string;
  initrd: string;
  /** Read-only qcow2 with an ext4 root file system. */
  rootDisk: string;
}

export interface MachineSpec {
  /** The computer's directory; everything of the machine lives in it. */
  dir: string;
  vcpus: number;
  ram_mb: number;
  /** MiB that the guest sees of each. */
  disks_mb: PerDisk<number>;
  image: GuestImage;
}

/** What a new machine's disk is laid over. */
export interface DiskBase {
  file: string;
  /** An empty overlay of `file`, to be copied where there is one: that is faster than to make it. */
  overlay: string | null;
}

/** Memory and devices of a machine at rest. */
export interface SavedState {
  /** The devices, and the memory as far as it differs from `memory`. */
  file: string;
  /** The file that the machine's memory is mapped from, copy-on-write; null: its memory began as zeros. */
  memory: string | null;
  /** The memory is just what the memory file holds, and `file` has none of it: a template's. */
  exact: boolean;
}

/** The steps of a restore, in their order, for whoever measures them. */
export type RestorePhase = "spawn" | "qmp" | "load" | "resume";

/** What the guest reads at boot; see contract/guest/protocol.ts FW_CFG. Written to files of mode 0600. */
export interface BootFiles {
  config: string;
  session: string;
}

/**
 * Where the guest link is reached: a unix socket in the computer's directory, or a loopback port where namespaces are not to be had. `direct` has, by port of the
 * guest's loopback, sockets that lead straight there; nothing but the sockets' mode guards those, so a loopback port has none.
 */
export type LinkAddress = { path: string; direct?: Readonly<Record<number, string>> } | { host: "127.0.0.1"; port: number };

/** All that must be remembered to find a machine again after a restart of the service. JSON. */
export interface MachineRecord {
  identity: ProcessIdentity;
  link: LinkAddress;
  accel: "kvm" | "tcg";
  ram_mb: number;
  /** The file behind its memory; `private` ones are only read. Null: anonymous memory. */
  memory: { file: string; private: boolean } | null;
}

export interface MachineExit {
  /** What is known of why, one sentence. */
  reason: string;
  /** `poweroff`: the guest's own orderly end; `reset`: it restarted or its kernel failed; `killed`: by kill(); `crashed`: the VMM ended otherwise. */
  cause?: "poweroff" | "reset" | "killed" | "crashed";
}

/** A machine that runs. */
export interface Machine {
  readonly record: MachineRecord;
  readonly link: LinkAddress;
  /** Resolves once when the VMM is gone, however it ended. Never rejects. */
  readonly exited: Promise<MachineExit>;
  /** Calls back now (if so already) and at each time the agent in the guest begins (true) or ceases (false) to hold its port. */
  onAgent(listener: (up: boolean) => void): () => void;
  /** Calls back now (if so already) and at each time the guest is stopped because the host's disk has no room for what it writes. resume() tries the write again. */
  onBlocked(listener: () => void): () => void;
  /** Resolves when the agent holds its port; rejects on signal abort or when the machine ends (machine_failed). */
  agentUp(signal: AbortSignal): Promise<void>;
  /** The last bytes of the guest's console, bounded; empty where it cannot be had. */
  console(): Promise<string>;
  /** Stops the guest where it is; nothing of it runs until resume(). What it wrote to its disk is in the file. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Writes the state of a paused machine to a new file, whole or not at all. The machine stays paused. */
  saveState(file: string, signal: AbortSignal): Promise<void>;
  /** Makes a disk of the running guest larger; a smaller size than it has is an error. */
  growDisk(disk: Disk, sizeMb: number): Promise<void>;
  /** Keeps a disk as it is now under a name, in its own file; the guest goes on. What the guest has yet to write is not in it. */
  takeSnapshot(disk: Disk, name: string): Promise<void>;
  /** Gives up what is kept under a name. Succeeds when nothing is. */
  dropSnapshot(disk: Disk, name: string): Promise<void>;
  /** Ends the VMM and all its helpers at once (SIGKILL to the group) and waits until they are gone. Idempotent. */
  kill(): Promise<void>;
  /** Lets go of the machine without ending it: closes QMP. For a service that stops while computers run on. */
  release(): void;
}

/** A VMM that was found running. */
export interface Stray {
  /** Of the directory that it works in. */
  name: string;
  identity: ProcessIdentity;
  /** Ends it and all its helpers. */
  kill(): Promise<void>;
}

/** What is kept of a disk under names in its own file, of a machine that does not run. Aborting ends it in between: taking and dropping may be done again. */
export interface DiskSnapshots {
  take(spec: MachineSpec, disk: Disk, name: string, signal: AbortSignal): Promise<void>;
  /** Succeeds when nothing is kept under the name. */
  drop(spec: MachineSpec, disk: Disk, name: string, signal: AbortSignal): Promise<void>;
  /** Makes the disk what it was then, its size included; what was written since is gone. */
  apply(spec: MachineSpec, disk: Disk, name: string, signal: AbortSignal): Promise<void>;
  /** Makes the disk of a machine that was prepared in `spec` a copy of the one in `from`, which must be halted or paused, with all that is kept in it. */
  copyFrom(spec: MachineSpec, disk: Disk, from: string): Promise<void>;
  /** Makes the disk as large as the spec says, if it is smaller. */
  grow(spec: MachineSpec, disk: Disk, signal: AbortSignal): Promise<void>;
}

/** Makes, finds and removes machines. The port that QEMU implements (qemu/driver.ts). */
export interface MachineDriver {
  /** Makes the directory and the disks, each of its base's size if that is larger; one without a base is empty. Fails if the directory exists. */
  prepare(spec: MachineSpec, bases: PerDisk<DiskBase | null>): Promise<void>;
  /** Makes the directory of a copy, whose disks are laid over `frozen` ones of another machine. */
  copy(spec: MachineSpec, frozen: PerDisk<string>): Promise<void>;
  /** Makes copies of the disks in `dir`, to which nobody writes. The machine must be halted, or paused with its state saved: then what is in the files is whole. */
  freezeDisks(dir: string): Promise<PerDisk<string>>;
  snapshots: DiskSnapshots;
  /** Bytes of the host's disk that a disk in `dir` takes, and what of it is this computer's alone. 0 when there is none. */
  bytesOf(dir: string, disk: Disk): number;
  /** Makes a file that a machine has written one that every machine may read, and none can change. */
  seal(file: string): Promise<void>;
  /**
   * Boots from the disks in `dir`. `onSpawn` is called with the record as soon as the process exists, before anything is waited for,
   * so that a crash of the service cannot leave a nameless VMM. The memory is kept in the file `memory`, where one is given.
   */
  boot(
    spec: MachineSpec,
    files: BootFiles,
    signal: AbortSignal,
    onSpawn: (record: MachineRecord) => void,
    memory?: string,
  ): Promise<Machine>;
  /** Goes on from a saved state, with the disks in `dir` as they were then. `onSpawn` as for boot. Fails with machine_failed when QEMU does not take the state. */
  restore(
    spec: MachineSpec,
    state: SavedState,
    signal: AbortSignal,
    onSpawn: (record: MachineRecord) => void,
    onPhase?: (done: RestorePhase) => void,
  ): Promise<Machine>;
  /** Finds a machine again; null when it is gone or the pid now belongs to something else. */
  adopt(dir: string, record: MachineRecord, signal: AbortSignal): Promise<Machine | null>;
  /** Ends what the record names, if it still is that process, and whatever else of a machine runs in `dir`; the disks stay. */
  halt(dir: string, record: MachineRecord | null): Promise<void>;
  /** All VMMs that work in a directory of `root`, whether that is still there or not. */
  strays(root: string): Promise<Stray[]>;
  /** Removes what an operation on the disks in `dir` has left that was cut off, and answers its names. None may be under way. Without a wait, so that none can begin. */
  tidy(dir: string): string[];
  /** Halts, and removes the directory. Succeeds when nothing is there. */
  destroy(dir: string, record: MachineRecord | null): Promise<void>;
}
