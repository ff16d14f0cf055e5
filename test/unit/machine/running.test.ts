import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Machine } from "../../../src/server/machine/machine.ts";
import { openLog } from "../../../src/server/machine/qemu/log.ts";
import { connectQmp } from "../../../src/server/machine/qemu/qmp.ts";
import { openMachine } from "../../../src/server/machine/qemu/running.ts";
import { killGroup } from "../../../src/server/process/kill.ts";
import { type Detached, spawnDetached } from "../../../src/server/process/spawn.ts";

// The agent's port needs a guest with drivers; here QEMU's side of that conversation is played, beside a real process.
let dir: string;
let server: Server;
let vmm: Detached;
let socket: Socket;
const soon = () => AbortSignal.timeout(5000);

beforeEach(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-running-")));
  vmm = await spawnDetached(["sleep", "60"], { cwd: dir, log: join(dir, "log") });
});
afterEach(async () => {
  await killGroup(vmm.identity, { ended: vmm.ended });
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

const say = (message: object) => socket.write(`${JSON.stringify(message)}\r\n`);
const agent = (open: boolean, id = "agent") => say({ event: "VSERPORT_CHANGE", data: { open, id } });

/** Plays a QEMU whose agent's port is held or not; `early` is said just before that question is answered. */
const open = async (held: boolean, early: () => void = () => {}): Promise<Machine> => {
  const returns: Record<string, () => unknown> = {
    "query-status": () => ({ status: "running" }),
    "query-chardev": () => {
      early();
      return [
        { label: "con", "frontend-open": true },
        { label: "agent", "frontend-open": held },
      ];
    },
    "ringbuf-read": () => Buffer.from("words").toString("base64"),
  };
  await new Promise<void>((resolve) => {
    server = createServer((connection) => {
      socket = connection.on("error", () => {});
      say({ QMP: {} });
      connection.on("data", (data) => {
        for (const line of data.toString().split("\n").filter(Boolean)) {
          const { id, execute } = JSON.parse(line);
          say({ return: returns[execute]?.() ?? {}, id });
        }
      });
    }).listen(join(dir, "qmp.sock"), resolve);
  });
  const qmp = await connectQmp(join(dir, "qmp.sock"), soon());
  const record = { identity: vmm.identity, link: { path: join(dir, "link.sock") }, accel: "tcg", ram_mb: 128, memory: null } as const;
  return openMachine({ dir, record, qmp, log: openLog(dir) });
};

test("an agent that is already up is told at once, and its comings and goings after that, each once", async () => {
  const machine = await open(true);
  const seen: boolean[] = [];
  const stop = machine.onAgent((up) => seen.push(up));
  expect(seen).toEqual([true]);
  await machine.agentUp(soon());
  agent(false);
  agent(false);
  agent(true, "another");
  agent(true);
  await expect.poll(() => seen).toEqual([true, false, true]);
  stop();
  agent(false);
  await machine.console();
  expect(seen).toHaveLength(3);
});

test("agentUp waits for the event", async () => {
  const machine = await open(false);
  const up = machine.agentUp(soon());
  agent(true);
  await up;
});

test("an event that overtakes the answer about the present is the newer truth", async () => {
  const machine = await open(false, () => agent(true));
  await machine.agentUp(soon());
});

test("losing the control connection of a machine that runs on is not its end", async () => {
  const machine = await open(true);
  socket.destroy();
  let exited = false;
  void machine.exited.then(() => {
    exited = true;
  });
  expect(await machine.console()).toBe("");
  expect(exited).toBe(false);
  await machine.kill();
  expect(await machine.exited).toMatchObject({ cause: "killed" });
});

test("the end of the machine lets go of who waits for the agent", async () => {
  const machine = await open(false);
  const up = machine.agentUp(soon());
  const seen: boolean[] = [];
  machine.onAgent((now) => seen.push(now));
  process.kill(vmm.identity.pid, "SIGKILL");
  socket.destroy();
  await expect(up).rejects.toMatchObject({ code: "machine_failed" });
  expect(seen).toEqual([]);
});
