import { AGENT_SERIAL_PORT, FW_CFG } from "../../../contract/guest/protocol.ts";
import { DISKS, type Disk, diskFile } from "../../disk.ts";
import { RUN_DIR } from "../confinement/owner.ts";
import type { MachineRecord } from "../machine.ts";

export type Accel = MachineRecord["accel"];

export interface QemuSpec {
  binary: string;
  accel: Accel;
  vcpus: number;
  ram_mb: number;
  kernel: string;
  initrd: string;
  /** Files in the working directory, named after them; none for the canary. */
  disks?: readonly Disk[];
  /** Files that become fw_cfg items, by the names of FW_CFG. */
  fwCfg?: Partial<Record<keyof typeof FW_CFG, string>>;
  /** Loopback ports, in QEMU's network namespace, and the guest's ports that they lead to. */
  forwards: readonly (readonly [hostPort: number, guestPort: number])[];
  /** A file that is the guest's memory: written to, or with `private` only read, what the guest changes staying QEMU's own. None: anonymous memory. */
  memory?: { file: string; private: boolean };
  /** The machine waits to be told a state (migrate.ts) instead of booting. */
  incoming?: boolean;
  /** Frequency of the host's time stamp counter, where it is known. */
  tscKhz?: number | null;
  /** More words for the kernel. */
  append?: readonly string[];
}

export const QEMU_BINARY = "qemu-system-x86_64";
/** Names of QEMU's parts that QMP speaks of, beside the disks' own. */
export const QEMU_IDS = { console: "con", agent: "agent" } as const;
/** Relative to QEMU's working directory, the computer's. */
export const QMP_SOCKET = `${RUN_DIR}/qmp.sock`;
/** Bytes of console kept in QEMU's memory. A power of two. */
export const CONSOLE_BYTES = 256 * 1024;

/** In an option's value a comma is written twice. */
const value = (text: string): string => text.replaceAll(",", ",,");

/**
 * Emulated code does not speculate: mitigations would be pure cost. All its CPUs read the host's one time stamp counter, which the kernel
 * would otherwise distrust and keep time by 4 ms ticks; and without the frequency, a kernel that boots on a busy host hangs calibrating it.
 */
const emulationWords = (tscKhz: number | null | undefined): string[] => [
  "mitigations=off",
  "tsc=reliable",
  ...(tscKhz ? [`tsc_early_khz=${tscKhz}`] : []),
];

const kernelWords = (spec: QemuSpec): string =>
  [
    "console=ttyS0",
    "quiet",
    // A panic ends the machine: panic reboots, and a reboot is a shutdown (-action).
    "panic=-1",
    "reboot=t",
    "net.ifnames=0",
    ...(spec.accel === "tcg" ? emulationWords(spec.tscKhz) : []),
    ...(spec.append ?? []),
  ].join(" ");

/**
 * QEMU's command line. Secrets are never in it: the guest reads them from files given as fw_cfg items.
 * Without pit=on,pic=on a stock kernel hangs in one of three boots under TCG.
 */
export const qemuArgs = (spec: QemuSpec): string[] => [
  spec.binary,
  ...[
    "-machine",
    `microvm,acpi=on,pcie=on,rtc=on,pit=on,pic=on,usb=off,auto-kernel-cmdline=off${spec.memory ? ",memory-backend=mem" : ""}`,
  ],
  ...["-accel", spec.accel === "kvm" ? "kvm" : "tcg,thread=multi,tb-size=256"],
  ...["-cpu", spec.accel === "kvm" ? "host" : "max"],
  ...["-smp", String(spec.vcpus)],
  ...["-m", `${spec.ram_mb}M`],
  ...(spec.memory ? memory(spec.memory, spec.ram_mb) : []),
  ...(spec.incoming ? ["-incoming", "defer"] : []),
  ...["-nodefaults", "-no-user-config", "-display", "none"],
  // A shut-down machine waits, paused, until its last words are read and it is told to quit.
  ...["-action", "reboot=shutdown,shutdown=pause"],
  ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
  ...["-qmp", `unix:${QMP_SOCKET},server=on,wait=off`],
  // A ring in memory: a guest that floods its console fills nothing on the host.
  ...["-chardev", `ringbuf,id=${QEMU_IDS.console},size=${CONSOLE_BYTES}`, "-serial", `chardev:${QEMU_IDS.console}`],
  ...["-device", "virtio-rng-pci"],
  ...(spec.disks ?? []).flatMap(disk),
  ...["-netdev", `user,id=net,restrict=on,ipv6=off${spec.forwards.map(([from, to]) => `,hostfwd=tcp:127.0.0.1:${from}-:${to}`).join("")}`],
  ...["-device", "virtio-net-pci,netdev=net,romfile="],
  // Only whether a program in the guest holds this port open is of interest; its bytes go nowhere.
  ...["-device", "virtio-serial-pci", "-chardev", `null,id=${QEMU_IDS.agent}`],
  ...["-device", `virtserialport,chardev=${QEMU_IDS.agent},name=${AGENT_SERIAL_PORT},id=${QEMU_IDS.agent}`],
  ...Object.entries(spec.fwCfg ?? {}).flatMap(([name, file]) => [
    "-fw_cfg",
    `name=${FW_CFG[name as keyof typeof FW_CFG]},file=${value(file)}`,
  ]),
  ...["-kernel", spec.kernel, "-initrd", spec.initrd, "-append", kernelWords(spec)],
];

const memory = ({ file, private: isPrivate }: { file: string; private: boolean }, ramMb: number): string[] => [
  "-object",
  `memory-backend-file,id=mem,size=${ramMb}M,mem-path=${value(file)},share=${isPrivate ? "off" : "on"}`,
];

/**
 * A host disk that is full stops the machine, its write unanswered, until it is told to go on: the guest notices nothing. Any other failure is the guest's to see, as it
 * would be a real disk's.
 */
const ON_FAILURE = "werror=enospc,rerror=report";

const disk = (id: Disk): string[] => [
  "-drive",
  `if=none,id=${id},file=${diskFile(id)},format=qcow2,discard=unmap,detect-zeroes=unmap,cache=writeback,${ON_FAILURE}`,
  "-device",
  `virtio-blk-pci,drive=${id}`,
];

/** What of the command line a saved state depends on: everything but where files and ports are. */
export const stateFlags = (accel: Accel, vcpus: number, ramMb: number): string =>
  qemuArgs({ binary: "", accel, vcpus, ram_mb: ramMb, kernel: "", initrd: "", disks: DISKS, forwards: [] }).join(" ");
