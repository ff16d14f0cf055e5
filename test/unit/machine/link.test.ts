import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { planLink } from "../../../src/server/machine/link.ts";
import { connectUnix } from "../../../src/server/process/connect-unix.ts";
import { commandLine, processesIn } from "../../support/machine-processes.ts";
import { tempDir } from "../../support/temp.ts";

test("while a relay is busy, connections wait at its door instead of being turned away", async () => {
  const dir = realpathSync(tempDir());
  mkdirSync(join(dir, "run"));
  const { address, script } = await planLink(dir, true);
  if (!("path" in address)) throw new Error("no relays");
  const shell = spawn("sh", ["-c", script, "sh", "sleep", "60"], { cwd: dir, detached: true, stdio: "ignore" });
  onTestFinished(() => {
    process.kill(-shell.pid!, "SIGKILL");
  });
  await expect.poll(() => existsSync(address.path), { timeout: 10_000 }).toBe(true);
  const relay = processesIn(dir).find((pid) => commandLine(pid).some((word) => word.includes("link.sock")));
  process.kill(relay!, "SIGSTOP");
  const sockets = Array.from({ length: 50 }, () => connectUnix(address.path));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
});
