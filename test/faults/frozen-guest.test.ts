import { expect } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const service = await startedService();

/** The next event of a type; what is already told does not count. */
const next = (computer: Computer, type: "guest.unresponsive" | "guest.responsive") =>
  computer.events({ after: "latest", types: [type], timeoutMs: 300_000 }).next();
/** The status of the error that a call fails with, which it must. */
const statusOf = async (call: Promise<unknown>): Promise<string> => {
  const error = await call.then(
    () => ({ status: 200, code: "answered" }),
    (error: { status: number; code: string }) => error,
  );
  return `${error.status} ${error.code}`;
};

const F6 = {
  id: "F6",
  what: "SIGSTOP of QEMU",
  expected:
    "told in the timeline, status running; exec, files, screenshot and actions fail with a 504 in time; it comes back; delete within 10 s",
};
fault(F6, async () => {
  const computer = await service.vitrine.computers.create();
  await computer.screenshot();
  const silent = next(computer, "guest.unresponsive");
  const qemu = service.machine(computer.id);
  process.kill(qemu, "SIGSTOP");
  // Nothing has been noticed yet: each ends by its own deadline, or with what is noticed then.
  const early = [
    statusOf(computer.exec("true", { timeout_s: 5 })),
    statusOf(computer.files.read("/etc/hostname")),
    statusOf(computer.files.write("/tmp/a", Buffer.from("a"))),
    statusOf(computer.processes.list()),
  ];
  expect((await silent).value?.computer_id).toBe(computer.id);
  for (const status of await Promise.all(early)) expect(status).toMatch(/^504 /);
  expect((await computer.refresh()) as object).toMatchObject({ status: "running", last_error: { code: "guest_unresponsive" } });
  // It has been noticed; nothing of it is held any more.
  const late = await Promise.all([
    statusOf(computer.exec("true", { timeout_s: 5 })),
    statusOf(computer.files.read("/etc/hostname")),
    statusOf(computer.screenshot()),
    statusOf(computer.act([{ type: "click", x: 10, y: 10 }], { screenshot: "after" })),
  ]);
  for (const status of late) expect(status).toMatch(/^504 /);
  const suspend = await statusOf(computer.stop());
  expect(suspend).toMatch(/^504 timeout/);
  expect((await computer.refresh()).status).toBe("running");

  const back = next(computer, "guest.responsive");
  process.kill(qemu, "SIGCONT");
  await back;
  expect((await computer.exec("echo again", { timeout_s: 60 })).stdout).toBe("again\n");
  expect(await computer.refresh()).toMatchObject({ status: "running", last_error: null });
  await computer.screenshot();

  process.kill(qemu, "SIGSTOP");
  const stopping = statusOf(computer.stop());
  await expect.poll(async () => (await computer.refresh()).status).toBe("stopping");
  const began = performance.now();
  await computer.delete();
  const ms = Math.round(performance.now() - began);
  expect(ms).toBeLessThan(10_000);
  expect(await stopping).toBe("409 wrong_state");
  expect(service.processes()).toEqual([]);
  expect(service.directories()).toEqual([]);
  return `${[...new Set(late)].join(", ")}; suspend ${suspend}; came back; deleted in ${ms} ms during a stop`;
});
