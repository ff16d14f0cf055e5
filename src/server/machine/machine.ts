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
  disk_size_mb: number;
  image: GuestImage;
}

/** What the guest reads at boot; see contract/guest/protocol.ts FW_CFG. Written to files of mode 0600. */
export interface BootFiles {
  config: string;
  session: string;
}

/** Where the guest link is reached: a unix socket in the computer's directory, or a loopback port where namespaces are not to be had. */
export type LinkAddress = { path: string } | { host: "127.0.0.1"; port: number };

/** All that must be remembered to find a machine again after a restart of the service. JSON. */
export interface MachineRecord {
  identity: ProcessIdentity;
  link: LinkAddress;
  accel: "kvm" | "tcg";
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
  /** Resolves when the agent holds its port; rejects on signal abort or when the machine ends (machine_failed). */
  agentUp(signal: AbortSignal): Promise<void>;
  /** The last bytes of the guest's console, bounded; empty where it cannot be had. */
  console(): Promise<string>;
  /** Ends the VMM and all its helpers at once (SIGKILL to the group) and waits until they are gone. Idempotent. */
  kill(): Promise<void>;
  /** Lets go of the machine without ending it: closes QMP. For a service that stops while computers run on. */
  release(): void;
}

/** Makes, finds and removes machines. The port that QEMU implements (qemu/driver.ts). */
export interface MachineDriver {
  /** Makes the directory and the disks. Fails if the directory exists. */
  prepare(spec: MachineSpec): Promise<void>;
  /**
   * Boots from the disks in `dir`. `onSpawn` is called with the record as soon as the process exists, before anything is waited for,
   * so that a crash of the service cannot leave a nameless VMM.
   */
  boot(spec: MachineSpec, files: BootFiles, signal: AbortSignal, onSpawn: (record: MachineRecord) => void): Promise<Machine>;
  /** Finds a machine again; null when it is gone or the pid now belongs to something else. */
  adopt(dir: string, record: MachineRecord, signal: AbortSignal): Promise<Machine | null>;
  /** Ends what the record names, if it still is that process, and whatever else of a machine runs in `dir`; the disks stay. */
  halt(dir: string, record: MachineRecord | null): Promise<void>;
  /** Halts, and removes the directory. Succeeds when nothing is there. */
  destroy(dir: string, record: MachineRecord | null): Promise<void>;
}
