import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processesIn } from "../support/machine-processes.ts";
import { vitrine, vm } from "./shared.ts";

test("a scratch computer: files outlive stop and start, delete leaves nothing", async () => {
  // No other test has one of this size, so there is no template of it.
  const computer = await vitrine.computers.create({ template: "scratch", ram_mb: 544, vcpus: 1, disk_size_mb: 6144 });
  const dir = join(vm.dataDir, "computers", computer.id);
  expect(computer).toMatchObject({ status: "running", browser: null, start_kind: "booted" });
  expect(computer.ready_ms).toBeGreaterThan(0);
  await computer.exec("echo saved > ~/state.txt; sync");
  expect(Number((await computer.exec("df --output=size -BM / | tail -1 | tr -dc 0-9")).stdout)).toBeGreaterThan(5500);
  await computer.stop({ mode: "shutdown" });
  expect(computer).toMatchObject({ status: "stopped" });
  expect(processesIn(dir)).toEqual([]);
  await computer.start();
  expect((await computer.exec("cat ~/state.txt")).stdout).toBe("saved\n");
  await computer.exec("kill -9 -1 2>/dev/null; true", { user: "ohm" }).catch(() => {});
  expect((await computer.exec("echo alive")).stdout).toBe("alive\n");
  await computer.delete();
  expect(processesIn(dir)).toEqual([]);
  expect(readdirSync(join(vm.dataDir, "computers"))).not.toContain(computer.id);
});

test("a QEMU that is killed leaves an error with its reason; start works again", async () => {
  const computer = await vitrine.computers.create({ template: "scratch", ram_mb: 512, vcpus: 1 });
  const dir = join(vm.dataDir, "computers", computer.id);
  for (const pid of processesIn(dir)) process.kill(pid, "SIGKILL");
  await expect.poll(async () => (await computer.refresh()).status, { timeout: 30_000 }).toBe("error");
  expect(computer.last_error?.code).toBe("machine_exited");
  await computer.start();
  expect((await computer.exec("echo back")).stdout).toBe("back\n");
  await computer.delete();
});
