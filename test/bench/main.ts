/** `npm run bench [-- --runs N]`: prints a table and, after it, one line of JSON. Every figure stands beside a baseline of the same run. */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { Vitrine } from "../../src/client/index.ts";
import { serve } from "../../src/server/main.ts";
import { readConfig } from "../../src/server/setup/config.ts";
import { screenshotRows } from "./screenshots.ts";
import { startRows } from "./starts.ts";
import { percentile, type Row, table } from "./stats.ts";

const { values: options } = parseArgs({ options: { runs: { type: "string", default: "3" } } });
const runs = Math.max(1, Number(options.runs));
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
const repeat = async (times: number, work: () => Promise<number>): Promise<number[]> => {
  const values: number[] = [];
  for (let i = 0; i < times; i++) values.push(await work());
  return values;
};

const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
const service = await serve(
  { ...readConfig(process.env), listen: { host: "127.0.0.1", port: 0 }, dataDir },
  { log: pino({ level: "silent" }), progress: ({ message }) => console.error(message) },
);
const vitrine = new Vitrine(service);
try {
  const rows: Row[] = [];
  console.error(`starts: ${runs} of each kind`);
  rows.push(...(await startRows(vitrine, join(dataDir, "computers"), runs)));

  const guest = await vitrine.computers.create();
  const exec = await repeat(20, () => timed(() => guest.exec(["true"])));
  rows.push({ name: "exec true", unit: "ms", values: exec });
  rows.push(...(await screenshotRows(guest)));
  const size = 64 * 1024 ** 2;
  const up = await repeat(3, () => timed(() => guest.files.write("/home/ohm/bench.bin", Readable.from([Buffer.alloc(size)]))));
  const down = await repeat(3, () => timed(() => guest.files.read("/home/ohm/bench.bin", { timeoutMs: 0 })));
  const rate = (ms: number) => size / 1e6 / (ms / 1000);
  rows.push({ name: "file in, 64 MiB", unit: "MB/s", values: up.map(rate) });
  rows.push({ name: "file out, 64 MiB", unit: "MB/s", values: down.map(rate) });
  rows.push({ name: "stop (shutdown)", unit: "ms", values: [await timed(() => guest.stop({ mode: "shutdown" }))] });
  rows.push({ name: "delete", unit: "ms", values: [await timed(() => guest.delete())] });

  console.log(table(rows));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory_gib: Math.round(totalmem() / 1024 ** 3) };
  console.log(
    JSON.stringify({ machine, rows: rows.map((row) => ({ ...row, p50: percentile(row.values, 50), p95: percentile(row.values, 95) })) }),
  );
} finally {
  for await (const one of vitrine.computers.all()) await one.delete();
  await service.close();
  rmSync(dataDir, { recursive: true, force: true });
}
