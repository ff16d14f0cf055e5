import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Computer, CreateComputerInput, Vitrine } from "../../src/client/index.ts";
import { launchBareChromium } from "./bare-chromium.ts";
import type { Row } from "./stats.ts";

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

const connect = async (computer: Computer): Promise<void> => (await computer.connectPlaywright({ timeout: 120_000 })).close();

/** Every option of a session that a restored browser is given. */
const ALL_OPTIONS: CreateComputerInput = {
  browser: {
    viewport: { width: 1100, height: 700 },
    timezone: "Asia/Tokyo",
    locale: "cs-CZ",
    user_agent: "Vitrine/bench",
    geolocation: { latitude: 50, longitude: 14 },
    extra_headers: { "X-Bench": "1" },
    url: "about:blank",
  },
};

/** Creates, connects to and deletes a computer; answers the time until it was connected to. */
const once = async (vitrine: Vitrine, input: CreateComputerInput, look: (computer: Computer) => void = () => {}): Promise<number> => {
  let computer: Computer | undefined;
  const took = await timed(async () => {
    computer = await vitrine.computers.create(input);
    await connect(computer);
  });
  look(computer as Computer);
  await (computer as Computer).delete();
  return took;
};

/** MiB of the processes that work below `dir`: their share of all pages, and what is theirs alone. Source: proc(5), smaps_rollup. */
const memoryOf = (dir: string): { pss: number; own: number } => {
  const sum = { pss: 0, own: 0 };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readlinkSync(`/proc/${pid}/cwd`).startsWith(dir)) continue;
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1] ?? 0) / 1024;
      sum.pss += field("Pss");
      sum.own += field("Private_Dirty") + field("Private_Clean");
    } catch {
      // It has ended.
    }
  }
  return sum;
};

const IDLE_MS = 10_000;

/** What each of `count` idle computers adds to the host's memory. */
const memoryRows = async (vitrine: Vitrine, computersDir: string, counts: readonly number[]): Promise<Row[]> => {
  const rows: Row[] = [];
  const idle: Computer[] = [];
  for (const count of counts) {
    while (idle.length < count) idle.push(await vitrine.computers.create());
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    const { pss, own } = memoryOf(computersDir);
    rows.push({ name: `PSS of each of ${count} idle browser computers`, unit: "MiB", values: [pss / count] });
    rows.push({ name: "  of which its own", unit: "MiB", values: [own / count] });
  }
  for (const one of idle) await one.delete();
  return rows;
};

/** How fast computers start in each way, beside a bare Chromium and beside a boot of the same run. */
export const startRows = async (vitrine: Vitrine, computersDir: string, runs: number): Promise<Row[]> => {
  const values: Record<"bare" | "restored" | "ready" | "options" | "booted" | "suspend" | "resume" | "fork", number[]> = {
    bare: [],
    restored: [],
    ready: [],
    options: [],
    booted: [],
    suspend: [],
    resume: [],
    fork: [],
  };
  for (let i = 0; i < runs; i++) {
    values.bare.push(await launchBareChromium());
    values.restored.push(await once(vitrine, {}, ({ ready_ms }) => values.ready.push(ready_ms ?? Number.NaN)));
    values.options.push(await once(vitrine, ALL_OPTIONS));
  }
  // A shape that is asked for once is booted.
  for (let i = 0; i < Math.min(runs, 3); i++) values.booted.push(await once(vitrine, { ram_mb: 2000 - i }));
  const computer = await vitrine.computers.create();
  for (let i = 0; i < Math.min(runs, 5); i++) {
    values.suspend.push(await timed(() => computer.stop()));
    values.resume.push(
      await timed(async () => {
        await computer.start();
        await connect(computer);
      }),
    );
  }
  let forks: Computer[] = [];
  values.fork.push(
    await timed(async () => {
      forks = await computer.fork({ count: 4 });
    }),
  );
  for (const one of [computer, ...forks]) await one.delete();

  const bare = { name: "bare Chromium on the host", values: values.bare };
  return [
    { name: "create -> Playwright connected", unit: "ms", values: values.restored, baseline: bare },
    { name: "  the same", unit: "ms", values: values.restored, baseline: { name: "the same, booted", values: values.booted } },
    { name: "  of which machine start -> ready", unit: "ms", values: values.ready },
    { name: "  with every session option", unit: "ms", values: values.options, baseline: { name: "with none", values: values.restored } },
    { name: "suspend", unit: "ms", values: values.suspend },
    { name: "resume -> Playwright connected", unit: "ms", values: values.resume, baseline: { name: "restored", values: values.restored } },
    { name: "fork into 4, all running", unit: "ms", values: values.fork },
    ...(await memoryRows(vitrine, computersDir, [1, 4])),
  ];
};
