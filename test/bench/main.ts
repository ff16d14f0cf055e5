/**
 * `npm run bench [-- --runs N] [--cycles N] [--minutes N] [--only section,section]`: prints a table and, after it, one line of JSON. Every figure stands beside a baseline of the same
 * run, where there is one.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Vitrine } from "../../src/client/index.ts";
import { readConfig } from "../../src/server/setup/config.ts";
import { fakeInternet } from "../support/internet.ts";
import type { Bench, Section } from "./bench.ts";
import { logTo } from "./log.ts";
import { actions } from "./sections/actions.ts";
import { clock } from "./sections/clock.ts";
import { cycles } from "./sections/cycles.ts";
import { dashboard } from "./sections/dashboard.ts";
import { egress } from "./sections/egress.ts";
import { fork } from "./sections/fork.ts";
import { guest } from "./sections/guest.ts";
import { live } from "./sections/live.ts";
import { memory } from "./sections/memory.ts";
import { neighbours } from "./sections/neighbours.ts";
import { pool } from "./sections/pool.ts";
import { recorder } from "./sections/recorder.ts";
import { screenshots } from "./sections/screenshots.ts";
import { starts } from "./sections/starts.ts";
import { suspend } from "./sections/suspend.ts";
import { serveBench } from "./serve.ts";
import { percentile, type Row, table } from "./stats.ts";

const SECTIONS: Record<string, Section> = {
  starts,
  pool,
  suspend,
  fork,
  memory,
  neighbours,
  clock,
  cycles,
  guest,
  screenshots,
  actions,
  recorder,
  live,
  egress,
  dashboard,
};

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    cycles: { type: "string", default: "10" },
    minutes: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const chosen = options.only ? options.only.split(",") : Object.keys(SECTIONS);
const unknown = chosen.find((name) => !SECTIONS[name]);
if (unknown) {
  console.error(`There is no section '${unknown}'; there are ${Object.keys(SECTIONS).join(", ")}.`);
  process.exit(2);
}

const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
// Eight copies beside their original are more than a small host promises memory to; they take a tenth of it.
const config = { ...readConfig({ VITRINE_RAM_FACTOR: "2", ...process.env }), dataDir };
const logged: Bench["logged"] = [];
const internet = fakeInternet();
const service = await serveBench(config, logTo(logged), internet);
const vitrine = new Vitrine(service);
const bench: Bench = {
  vitrine,
  config,
  internet,
  runs: Math.max(1, Number(options.runs)),
  cycles: Math.max(1, Number(options.cycles)),
  minutes: Math.max(0.1, Number(options.minutes)),
  logged,
  say: (line) => console.error(line),
};
try {
  const rows: Row[] = [];
  for (const name of chosen) {
    bench.say(`-- ${name}`);
    const more = await (SECTIONS[name] as Section)(bench);
    // At once, since the whole takes long.
    console.error(table(more));
    rows.push(...more);
  }
  console.log(table(rows));
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memory_gib: Math.round(totalmem() / 1024 ** 3) };
  console.log(
    JSON.stringify({
      machine,
      rows: rows.map((row) => ({
        ...row,
        p50: percentile(row.values, 50),
        p95: percentile(row.values, 95),
        p99: percentile(row.values, 99),
        ratio_p99: row.baseline && percentile(row.values, 99) / percentile(row.baseline.values, 99),
      })),
    }),
  );
} finally {
  for await (const one of vitrine.computers.all()) await one.delete();
  await service.close();
  rmSync(dataDir, { recursive: true, force: true });
}
