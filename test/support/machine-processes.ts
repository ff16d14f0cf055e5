import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const read = <T>(get: () => T): T | null => {
  try {
    return get();
  } catch {
    return null;
  }
};

export const pids = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export const commandLine = (pid: number): string[] => read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")) ?? [];

/** The processes that work in a folder or below it. */
export const processesIn = (dir: string): number[] => pids().filter((pid) => read(() => readlinkSync(`/proc/${pid}/cwd`))?.startsWith(dir));

export const qemuIn = (dir: string): number => processesIn(dir).find((pid) => commandLine(pid)[0]?.startsWith("qemu-system")) as number;

/** What proc(5) says of a process, by name. */
export const statusOf = (pid: number): Record<string, string> =>
  Object.fromEntries(
    readFileSync(`/proc/${pid}/status`, "utf8")
      .split("\n")
      .map((line) => line.split(":\t") as [string, string]),
  );

/** Its open descriptors. */
export const fdsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const socketsOf = (pid: number): string[] =>
  (read(() => readdirSync(`/proc/${pid}/fd`)) ?? []).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(read(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? "")?.[1];
    return inode === undefined ? [] : [inode];
  });

/** Ports that something in this network takes connections or datagrams on, with the processes that hold them. */
export const listeners = (): { protocol: string; port: number; owners: number[] }[] => {
  const owners = new Map<string, number[]>();
  for (const pid of pids()) for (const inode of socketsOf(pid)) owners.set(inode, [...(owners.get(inode) ?? []), pid]);
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields.length > 9 && (protocol.startsWith("udp") || fields[3] === "0A"))
      .map((fields) => ({
        protocol,
        port: Number.parseInt(fields[1]!.split(":")[1]!, 16),
        owners: owners.get(fields[9]!) ?? [],
      })),
  );
};
