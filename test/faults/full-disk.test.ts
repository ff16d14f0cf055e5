import { execFileSync } from "node:child_process";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { serviceProcess } from "../support/service-process.ts";
import { noSmallDisk, smallDisk } from "../support/small-disk.ts";
import { fault } from "./fault.ts";

/** Undoes what a test has made, last first. */
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});
type Service = Awaited<ReturnType<typeof serviceProcess>>;
const begin = async (diskMb: number, where: "data" | "store" | "elsewhere", env: Record<string, string> = {}) => {
  const disk = smallDisk(diskMb);
  undo.push(disk.remove);
  const service: Service = await serviceProcess({ ...env, ...(where === "data" && { VITRINE_DATA_DIR: disk.dir }) });
  undo.push(where === "data" ? service.endProcesses : service.remove);
  if (where === "store") symlinkSync(join(disk.dir, "vitrine.db"), join(service.dataDir, "vitrine.db"));
  await service.start();
  undo.push(service.stop);
  return { disk, service, create: () => service.vitrine.computers.create({ template: "scratch", ram_mb: 512 }) };
};

/** What a command says that writes a megabyte to a new file in the workspace. */
const write = async (computer: Computer): Promise<string> =>
  (await computer.exec("head -c 1000000 /dev/urandom > $(mktemp -p /home/ohm)", { timeout_s: 120 })).stderr;
const isHeld = (computer: Computer) =>
  expect.poll(() => write(computer), { timeout: 120_000, interval: 2000 }).toContain("No space left on device");

/** 120 MB that no two blocks of are alike, by way of the disk and not of the cache. */
const PRODUCE = "for i in $(seq 120); do echo $i; cat /tmp/seed; done";

const F11 = {
  id: "F11",
  what: "the host's disk runs full while a guest writes",
  expected:
    "that guest stands still and loses nothing; the service and another computer go on; creates are refused; it goes on when there is room",
};
fault(
  F11,
  async () => {
    // Its store is on the full disk, too.
    const { disk, service, create } = await begin(600, "data", { VITRINE_DISK_RESERVE_MB: "64" });
    const ready = () => fetch(`${service.url}/readyz`).then(({ status }) => status);
    const writer = await create();
    const other = await create();
    expect(await ready()).toBe(200);
    await writer.exec("head -c 1000000 /dev/urandom > /tmp/seed; sync", { timeout_s: 120 });
    disk.fill(40);
    // What is done to hold their workspaces is written, too, and is not to come when nothing is left.
    for (const one of [writer, other]) {
      await isHeld(one);
      await one.exec("sync", { user: "root", timeout_s: 120 });
    }
    const { pid } = await writer.processes.start(`(${PRODUCE}) > /var/tmp/big && sync && echo done > /tmp/done`);
    await expect.poll(service.log, { timeout: 300_000 }).toContain("stands still");

    expect(disk.freeMb()).toBeLessThan(2);
    expect((await other.exec("echo works", { timeout_s: 60 })).stdout).toBe("works\n");
    expect((await service.vitrine.computers.list()).data.map(({ status }) => status)).toEqual(["running", "running"]);
    expect(await ready()).toBe(507);
    await expect(create()).rejects.toMatchObject({ code: "capacity_exceeded", details: { limit: "disk" } });
    await expect(writer.exec("true", { timeout_s: 1 })).rejects.toMatchObject({ code: "timeout", status: 504 });

    disk.free();
    await expect.poll(service.log, { timeout: 60_000 }).toContain("goes on");
    await expect.poll(async () => (await writer.processes.get(pid)).running, { timeout: 300_000 }).toBe(false);
    await writer.exec("sync; echo 3 > /proc/sys/vm/drop_caches", { user: "root", timeout_s: 120 });
    const { stdout } = await writer.exec(`sha256sum < /var/tmp/big; (${PRODUCE}) | sha256sum; cat /tmp/done`, { timeout_s: 300 });
    const [written, wanted, done] = stdout.split("\n");
    expect(written).toBe(wanted);
    expect(done).toBe("done");
    expect((await writer.listEvents({ types: ["machine.unblocked"] })).data).toHaveLength(1);
    expect(await writer.refresh()).toMatchObject({ status: "running", last_error: null });
    expect(await ready()).toBe(200);
    await writer.stop({ mode: "shutdown" });
    execFileSync("qemu-img", ["check", "-q", join(service.dataDir, "computers", writer.id, "root.qcow2")]);
    for (const computer of [writer, other]) await computer.delete();
    expect(service.processes()).toEqual([]);
    return "stood still at 0 MiB free, went on when there was room; 120 MB whole; the other computer's exec worked; readyz 507; create 429";
  },
  noSmallDisk(),
);

const F11_LOW = {
  id: "F11-low",
  what: "the host's disk has less free than the reserve",
  expected: "workspaces are full, by an ordinary ENOSPC; the host's disk does not run full; they can be written again when there is room",
};
fault(
  F11_LOW,
  async () => {
    const { disk, service, create } = await begin(600, "data", { VITRINE_DISK_RESERVE_MB: "64" });
    const computer = await create();
    await computer.files.write("/home/ohm/kept", "kept");
    disk.fill(40);
    await isHeld(computer);
    expect(disk.freeMb()).toBeGreaterThan(10);
    expect((await computer.exec("cat kept", { timeout_s: 60 })).stdout).toBe("kept");
    expect((await computer.refresh()).status).toBe("running");
    disk.free();
    await expect.poll(() => write(computer), { timeout: 120_000, interval: 2000 }).toBe("");
    await computer.delete();
    expect(service.processes()).toEqual([]);
    return "ENOSPC in the workspace, more than 10 MiB free on the host; written again when there was room";
  },
  noSmallDisk(),
);

const F12 = { id: "F12", what: "the guest fills its root disk", expected: "its workspace is still writable" };
fault(F12, async () => {
  const { service, create } = await begin(64, "elsewhere");
  const computer = await create();
  // Nearly all of it at once, root's own share too, and the rest by writing.
  const fill = "fallocate -l $(($(stat -f -c '(%f - 4096) * %S' /))) /var/full; dd if=/dev/zero of=/var/rest bs=64k";
  await computer.exec(fill, { user: "root", timeout_s: 300 });
  expect((await computer.exec("echo x > /var/more", { user: "root" })).exit_code).not.toBe(0);
  expect((await computer.exec("echo kept > /home/ohm/kept && sync && cat /home/ohm/kept")).stdout).toBe("kept\n");
  await computer.delete();
  expect(service.processes()).toEqual([]);
  return "root full, workspace written";
});

const F13 = {
  id: "F13",
  what: "the service's store cannot be written",
  expected: "create is refused with its reason; nothing is started and nothing left; what runs goes on; it passes",
};
fault(
  F13,
  async () => {
    const { disk, service, create } = await begin(4, "store");
    const computer = await create();
    const [processes, directories] = [service.processes(), service.directories()];
    disk.fill();
    const failure = await create().catch((error) => error);
    expect(failure).toMatchObject({ code: "store_failed", status: 507 });
    await expect(computer.delete()).rejects.toMatchObject({ code: "store_failed" });
    expect((await computer.exec("echo works", { timeout_s: 60 })).stdout).toBe("works\n");
    expect(service.processes()).toEqual(processes);
    expect(service.directories()).toEqual(directories);

    disk.free();
    const next = await create();
    expect((await service.vitrine.computers.list()).data.map(({ id }) => id)).toEqual([next.id, computer.id]);
    for (const { id } of [computer, next]) await service.vitrine.computers.delete(id);
    expect(service.processes()).toEqual([]);
    expect(service.directories()).toEqual([]);
    return `${failure.status} ${failure.code}; the same processes and directories; afterwards create and delete worked`;
  },
  noSmallDisk(),
);
