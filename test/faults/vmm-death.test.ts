import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const service = await startedService();

const F5 = {
  id: "F5",
  what: "kill -9 of QEMU",
  expected: "error within a second, a waiting exec is told that the machine is gone, start works again, synced files whole",
};
fault(F5, async () => {
  const { vitrine } = service;
  const computer = await vitrine.computers.create({ template: "scratch", ram_mb: 512 });
  const bytes = randomBytes(3_000_000);
  await computer.files.write("/home/ohm/kept", bytes);
  await computer.exec("sync");
  const waiting = computer.exec("touch /tmp/waits; sleep 300", { timeout_s: 300 });
  const told = expect(waiting).rejects.toMatchObject({ code: "machine_exited", message: expect.stringContaining("SIGKILL") });
  await computer.exec("until [ -e /tmp/waits ]; do sleep 0.1; done");

  const statuses = computer.events({ after: "latest", types: ["computer.status"] });
  const next = statuses.next();
  process.kill(service.machine(computer.id), "SIGKILL");
  const began = performance.now();
  expect((await next).value?.data).toMatchObject({
    status: "error",
    previous: "running",
    reason: expect.stringMatching(/machine_exited.*SIGKILL/),
  });
  const ms = Math.round(performance.now() - began);
  await told;
  await statuses.return(undefined);
  expect((await computer.refresh()).last_error).toMatchObject({ code: "machine_exited" });
  await expect(computer.exec("true")).rejects.toMatchObject({ code: "wrong_state", details: { status: "error" } });
  expect(service.processes()).toEqual([]);
  execFileSync("qemu-img", ["check", "-q", join(service.dataDir, "computers", computer.id, "root.qcow2")]);

  await computer.start();
  expect(computer).toMatchObject({ status: "running", last_error: null });
  expect(bytes.equals(await computer.files.read("/home/ohm/kept"))).toBe(true);
  await computer.delete();
  expect(service.processes()).toEqual([]);
  expect(service.directories()).toEqual([]);
  return `error after ${ms} ms; machine_exited; started again, same bytes`;
});
