import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";

const service = await startedService();

const MIB = 1024 ** 2;
/** What is said on a stream of output, when an emulated guest says it for about a minute. */
const OUTPUT = 100_000_000;

/** The most memory that a process has held, MiB. */
const peakMb = (pid: number): number => Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
/** Bytes of what lies in a folder beside the disks. */
const bytesIn = (dir: string): number =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".qcow2"))
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);

const F15 = {
  id: "F15",
  what: "a guest floods its console, and what its commands say",
  expected: "the console kept is its end, bounded; output is cut or held back; memory of the service flat; no file of the host grows",
};
fault(F15, async () => {
  const computer = await service.vitrine.computers.create({ template: "scratch", ram_mb: 512 });
  await computer.exec("true");
  const dir = join(service.dataDir, "computers", computer.id);
  const [peak, bytes] = [peakMb(service.pid()), bytesIn(dir)];
  const logged = service.log().length;

  const flood = await computer.exec("timeout 40 yes a flood on the console | tee /dev/console | wc -c", { user: "root", timeout_s: 120 });
  const onConsole = Number(flood.stdout);
  expect(onConsole).toBeGreaterThan(1024 ** 2);
  const kept = await computer.logs("console", { tailBytes: 64 * 1024 });
  expect(kept.length).toBeLessThanOrEqual(64 * 1024);
  expect(kept).toContain("a flood on the console");

  const said = await computer.exec(`head -c ${OUTPUT} /dev/zero`, { timeout_s: 300 });
  expect(said).toMatchObject({ exit_code: 0, truncated: true });
  expect(said.stdout.length).toBe(MIB);
  let streamed = 0;
  for await (const event of computer.execStream("yes | head -c 10000000", { timeout_s: 300, timeoutMs: 400_000 }))
    if (event.type === "stdout") streamed += event.data.length;
  expect(streamed).toBe(10_000_000);

  const grown = Math.round(peakMb(service.pid()) - peak);
  expect(grown).toBeLessThan(200);
  expect(bytesIn(dir) - bytes).toBeLessThan(MIB);
  expect(service.log().length - logged).toBeLessThan(64 * 1024);
  await computer.delete();
  const mb = (n: number) => Math.round(n / 1e6);
  return `${mb(onConsole)} MB on the console in 40 s and ${mb(OUTPUT + streamed)} MB of output, what emulation does in minutes; 64 KiB of console kept, 1 MiB of output answered; service +${grown} MiB at its peak; no file grew`;
});
