import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import type { MachineRecord } from "../../src/server/machine/machine.ts";
import { identify } from "../../src/server/process/identity.ts";
import { type ServiceProcess, serviceProcess } from "../support/service-process.ts";
import { expectNothingLeft, inDatabase } from "./aftermath.ts";
import { fault } from "./fault.ts";

let service: ServiceProcess;
let bystander: ChildProcess | undefined;
beforeEach(async () => {
  service = await serviceProcess({ VITRINE_RAM_FACTOR: "4", VITRINE_LOG_LEVEL: "warn" });
  await service.start();
});
afterEach(async () => {
  await service.stop();
  service.remove();
  bystander?.kill("SIGKILL");
});

const SMALL = { template: "scratch", ram_mb: 512 } as const;
const make = async (name: string): Promise<Computer> => {
  const computer = await service.vitrine.computers.create({ ...SMALL, name });
  await computer.exec(`echo ${name} | tee /dev/shm/kept > ~/kept; sync`);
  return computer;
};
const kept = async (computer: Computer, file: string) => (await computer.exec(`cat ${file}`)).stdout.trim();

/** A process of the test's own, in a computer's directory, that leads a group as QEMU would. */
const standIn = async ({ id }: Computer): Promise<number> => {
  bystander = spawn("sleep", ["600"], { cwd: join(service.dataDir, "computers", id), detached: true, stdio: "ignore" });
  await once(bystander, "spawn");
  return bystander.pid!;
};
const isAlive = () => bystander?.exitCode === null && bystander.signalCode === null;

/** Ends the machines, as a reboot of the host does. */
const endMachines = async (): Promise<void> => {
  for (const pid of service.processes("qemu-system")) process.kill(Number(pid), "SIGKILL");
  await expect.poll(() => service.processes("qemu-system"), { timeout: 10_000 }).toEqual([]);
};

/** Changes what the store knows of the machines. */
const rewrite = (change: (identity: MachineRecord["identity"]) => MachineRecord["identity"], id?: string): void =>
  inDatabase(service.dataDir, (db) => {
    for (const row of db.prepare("SELECT id, machine FROM computers WHERE machine IS NOT NULL").all()) {
      if (id !== undefined && row.id !== id) continue;
      const machine = JSON.parse(String(row.machine)) as MachineRecord;
      db.prepare("UPDATE computers SET machine = ? WHERE id = ?").run(
        JSON.stringify({ ...machine, identity: change(machine.identity) }),
        row.id!,
      );
    }
  });

fault(
  { id: "F1", what: "SIGKILL of the service with 5 running VMs", expected: "all found again, same ids and CDP URL, none booted anew" },
  async () => {
    const names = ["one", "two", "three", "four"];
    const small: Computer[] = [];
    for (const name of names) small.push(await make(name));
    const browser = await service.vitrine.computers.create({ name: "five" });
    const machines = service.processes("qemu-system");
    expect(machines).toHaveLength(5);
    await service.kill();
    expect(service.processes("qemu-system")).toEqual(machines);
    const began = Date.now();
    await service.start();
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    for (const old of [...small, browser]) {
      const now = await service.vitrine.computers.get(old.id);
      expect(now).toMatchObject({ status: "running", name: old.name, cdp_url: old.cdp_url, started_at: old.started_at });
    }
    for (const one of small) expect(await kept(one, "/dev/shm/kept")).toBe(one.name);
    const page = (await (await service.vitrine.computers.get("five")).connectPlaywright({ timeout: 120_000 })).contexts()[0]!.pages()[0]!;
    expect(await page.evaluate("40 + 2")).toBe(42);
    await page.context().browser()!.close();
    expect(service.processes("qemu-system")).toEqual(machines);
    await expectNothingLeft(service);
    return `5 of 5, served again after ${seconds} s`;
  },
);

fault(
  {
    id: "F3",
    what: "the recorded pid is another process by now",
    expected: "it is never signalled; the computer is in error, its disk whole",
  },
  async () => {
    const reused = await make("reused");
    const other = await make("other");
    await service.kill();
    await endMachines();
    const pid = await standIn(reused);
    // Its pid with the time at which QEMU began; and wholly its own identity, but of another boot.
    rewrite((identity) => ({ ...identity, pid }), reused.id);
    rewrite(() => ({ ...identify(pid)!, boot_id: "5b4fbd34-0000-4000-8000-000000000000" }), other.id);
    await service.start();
    expect(await reused.refresh()).toMatchObject({ status: "error" });
    expect(await other.refresh()).toMatchObject({ status: "stopped" });
    for (const one of [reused, other]) {
      await one.start();
      expect(await kept(one, "~/kept")).toBe(one.name);
    }
    await reused.delete();
    expect(isAlive()).toBe(true);
    return "error and stopped, both start again; the process lives, over a delete, too";
  },
);

fault(
  { id: "F4", what: "the host's boot id has changed", expected: "running computers are stopped, suspended ones restorable, disks intact" },
  async () => {
    const running = await make("running");
    const suspended = await make("suspended");
    await suspended.stop();
    await service.kill();
    await endMachines();
    rewrite((identity) => ({ ...identity, boot_id: "5b4fbd34-0000-4000-8000-000000000000" }));
    await service.start();
    expect(await running.refresh()).toMatchObject({ status: "stopped", last_error: null });
    expect(await suspended.refresh()).toMatchObject({ status: "restorable", last_error: null });
    await running.start();
    await suspended.start();
    expect(await kept(running, "~/kept")).toBe("running");
    expect(await kept(suspended, "/dev/shm/kept")).toBe("suspended");
    await expectNothingLeft(service);
    return "stopped and restorable; both start with their files, the suspended one with its memory";
  },
);
