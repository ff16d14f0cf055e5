import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";

const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;
const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
let service: ChildProcess | undefined;

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};
const startService = async (port: number): Promise<void> => {
  const child = spawn(process.execPath, [CLI, "serve"], {
    env: { ...process.env, VITRINE_DATA_DIR: dataDir, VITRINE_LISTEN: `127.0.0.1:${port}`, VITRINE_API_KEY: "test-key" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  service = child;
  // It says where it serves once it does.
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on("data", (chunk) => String(chunk).includes(String(port)) && resolve());
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
  });
};
const processesInData = (program = "") =>
  readdirSync("/proc")
    .filter((pid) => {
      try {
        const ours = /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(dataDir);
        return ours && readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(program);
      } catch {
        return false;
      }
    })
    .sort();
/** The machines themselves: what relays connections for them comes and goes with those. */
const machinesInData = () => processesInData("qemu-system");

afterAll(async () => {
  if (service && service.exitCode === null && service.signalCode === null) {
    service.kill("SIGTERM");
    await once(service, "exit");
  }
  rmSync(dataDir, { recursive: true, force: true });
});

test("kill -9 of the service with two running computers: both are found again, same ids and URLs, CDP works; then all is deleted", async () => {
  const port = await freePort();
  await startService(port);
  const vitrine = new Vitrine({ url: `http://127.0.0.1:${port}`, apiKey: "test-key" });
  const before = await Promise.all(["one", "two"].map((name) => vitrine.computers.create({ name, ram_mb: 1536 })));
  await before[0]!.exec("echo kept > /tmp/in-memory");
  const machines = machinesInData();
  expect(machines).toHaveLength(2);

  service!.kill("SIGKILL");
  await once(service!, "exit");
  expect(machinesInData()).toEqual(machines);
  await startService(port);

  for (const old of before) {
    const now = await vitrine.computers.get(old.id);
    expect(now).toMatchObject({
      status: "running",
      name: old.name,
      cdp_url: old.cdp_url,
      cdp_ws_url: old.cdp_ws_url,
      live_url: old.live_url,
    });
    const browser = await now.connectPlaywright({ timeout: 120_000 });
    expect(await browser.contexts()[0]!.pages()[0]!.evaluate("40 + 2")).toBe(42);
    await browser.close();
  }
  expect((await before[0]!.exec("cat /tmp/in-memory")).stdout).toBe("kept\n");

  // Killed in the middle of a create, a delete and a stop: the next service finishes or undoes each.
  const halfMade = vitrine.computers.create({ name: "half-made", template: "scratch" }).catch(() => {});
  await expect.poll(async () => (await vitrine.computers.list({ status: "creating" })).data.length, { timeout: 30_000 }).toBe(1);
  const stopping = before[0]!.stop().catch(() => {});
  await expect.poll(async () => (await vitrine.computers.get("one")).status, { timeout: 30_000 }).toBe("stopping");
  service!.kill("SIGKILL");
  await once(service!, "exit");
  await Promise.all([halfMade, stopping]);
  await startService(port);
  await expect(vitrine.computers.get("half-made")).rejects.toMatchObject({ code: "computer_not_found" });
  // Its memory had been written whole, or it goes on: either way nothing of it is lost.
  const one = await vitrine.computers.get("one");
  expect(["restorable", "running"]).toContain(one.status);
  await one.start();
  expect((await one.exec("cat /tmp/in-memory")).stdout).toBe("kept\n");
  expect((await vitrine.computers.get("two")).status).toBe("running");

  for (const { id } of before) await vitrine.computers.delete(id);
  expect(processesInData()).toEqual([String(service!.pid)].filter((pid) => processesInData().includes(pid)));
  expect(readdirSync(join(dataDir, "computers"))).toEqual([]);
});
