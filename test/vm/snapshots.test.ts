import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { vm } from "./shared.ts";
import { run, smallComputer } from "./small-computer.ts";

const MIB = 1024 ** 2;

test("what a workspace was comes back, and a new computer begins with it; the file system is whole in both", async () => {
  const computer = await smallComputer();
  // Not synced: a snapshot has all that was written before it.
  await run(computer, "echo first > text; mkdir folder; dd if=/dev/urandom of=folder/big bs=1M count=48; sha256sum folder/big > sum");
  const first = await computer.snapshots.create({ name: "first" });
  expect(first.size_bytes).toBeGreaterThan(48 * MIB);
  await run(computer, "echo second > text; dd if=/dev/urandom of=folder/big bs=1M count=48 conv=fsync; touch new");
  const used = (await computer.refresh()).workspace_used_bytes;
  expect(used).toBeGreaterThan(96 * MIB);

  // Of one that runs, which goes on.
  const copy = await smallComputer({ workspace_snapshot: first.id, workspace_quota_mb: 2048 });
  expect(copy).toMatchObject({ start_kind: "booted", workspace_quota_mb: 2048 });
  expect(await run(copy, "cat text; sha256sum --status -c sum && stat -c %U text; ls new || true")).toBe("first\nohm\n");
  expect(Number((await run(copy, "df -m --output=avail . | tail -n 1")).trim())).toBeGreaterThan(1024);
  expect(await run(computer, "cat text")).toBe("second\n");
  await run(computer, "echo third > text");

  await expect(computer.snapshots.restore(first.id)).rejects.toMatchObject({ code: "wrong_state" });
  await computer.stop();
  const suspended = await computer.snapshots.create({ name: "suspended" });
  await computer.snapshots.restore(first.id);
  expect(computer.status).toBe("stopped");
  await computer.start();
  expect(computer.start_kind).toBe("booted");
  expect(await run(computer, "cat text; sha256sum --status -c sum && ls new || echo none")).toBe("first\nnone\n");
  expect((await computer.exec("btrfs scrub start -B /home/ohm", { user: "root", timeout_s: 300 })).stdout).toContain("no errors found");

  // It goes on from a saved memory with snapshots in its disk, and they are deleted while it runs.
  await computer.stop();
  await computer.start();
  expect(computer.start_kind).toBe("resumed");
  await computer.snapshots.delete(suspended.id);
  await computer.snapshots.delete(first.id);
  expect((await computer.refresh()).workspace_used_bytes).toBeLessThan(used - 32 * MIB);
  expect(await run(computer, "cat text")).toBe("first\n");
  await computer.stop({ mode: "shutdown" });
  execFileSync("qemu-img", ["check", "-q", join(vm.dataDir, "computers", computer.id, "workspace.qcow2")]);
});
