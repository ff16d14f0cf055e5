import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { qemuIn } from "../support/machine-processes.ts";
import { vm } from "./shared.ts";
import { run, smallComputer } from "./small-computer.ts";

const MIB = 1024 ** 2;

test("the workspace is said to be 1.0P, holds its quota and no more, and what is removed is the host's again", async () => {
  const computer = await smallComputer();
  const [system, workspace] = (await run(computer, "df -BM --output=source,size,avail / /home/ohm | tail -n 2")).trim().split("\n");
  const [, rootMb] = /^\/dev\/root\s+(\d+)M/.exec(system!)!;
  expect(Number(rootMb)).toBeGreaterThan(1850);
  expect(Number(rootMb)).toBeLessThanOrEqual(2048);
  expect(workspace).toMatch(/^celestofs\s/);
  expect(await run(computer, "df -h --output=source,size /home/ohm | tail -n 1")).toMatch(/^celestofs\s+1\.0P\s*$/);
  expect(await run(computer, "df -h --output=source /workspace/ | tail -n 1")).toBe("celestofs\n");
  const free = Number(/(\d+)M\s*$/.exec(workspace!)![1]);
  expect(free).toBeGreaterThan(600);
  expect(free).toBeLessThanOrEqual(1024);
  const empty = (await computer.refresh()).workspace_used_bytes;
  expect(empty).toBeLessThan(64 * MIB);

  await computer.files.write("/home/ohm/kept.txt", "kept");
  const filled = await computer.exec("dd if=/dev/urandom of=/home/ohm/big bs=1M conv=fsync", { timeout_s: 300 });
  expect(filled.stderr).toContain("No space left on device");
  await expect(computer.files.write("/home/ohm/more.bin", new Uint8Array(4 * MIB))).rejects.toMatchObject({ code: "disk_full" });
  // What was there is whole, and the system's own disk has room.
  expect(await run(computer, "cat /home/ohm/kept.txt && echo -n , && echo fine > /var/tmp/x && cat /var/tmp/x")).toBe("kept,fine\n");
  const full = (await computer.refresh()).workspace_used_bytes;
  expect(full).toBeGreaterThan(600 * MIB);
  expect(full).toBeLessThan(1100 * MIB);

  await run(computer, "rm /home/ohm/big && sync");
  await expect.poll(async () => (await computer.refresh()).workspace_used_bytes, { timeout: 60_000 }).toBeLessThan(empty + 100 * MIB);
  await computer.files.write("/home/ohm/again.bin", new Uint8Array(8 * MIB));
});

test("what was acknowledged outlives both ways to stop, and a machine that is killed; a fork has it, too", async () => {
  const computer = await smallComputer();
  await computer.files.write("/home/ohm/a/file.txt", "first");
  await computer.stop();
  await computer.start();
  expect(await computer.files.readText("/home/ohm/a/file.txt")).toBe("first");

  await computer.files.write("/home/ohm/a/file.txt", "second");
  await computer.files.move("/home/ohm/a/file.txt", "/home/ohm/moved.txt");
  await computer.files.write("/root.txt", "no").catch(() => {});
  process.kill(qemuIn(join(vm.dataDir, "computers", computer.id)), "SIGKILL");
  await expect.poll(async () => (await computer.refresh()).status, { timeout: 30_000 }).toBe("error");
  await computer.start();
  expect(await run(computer, "cat moved.txt; ls a")).toBe("second");
  expect(await run(computer, "btrfs scrub start -B /home/ohm", "root")).toContain("no errors found");

  // What was not synced by anyone outlives a memory that is given up.
  await run(computer, "echo -n third > third.txt");
  await computer.stop();
  await computer.stop({ mode: "shutdown" });
  await computer.start();
  expect(await run(computer, "cat moved.txt third.txt")).toBe("secondthird");

  const [copy] = await computer.fork();
  onTestFinished(() => copy!.delete());
  await computer.files.write("/home/ohm/moved.txt", "of the original");
  expect(await run(copy!, "cat moved.txt; stat -c %U moved.txt; df -h --output=size . | tail -n 1")).toMatch(/^secondohm\n\s*1\.0P\n$/);
});
