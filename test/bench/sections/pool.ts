import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Vitrine } from "../../../src/client/index.ts";
import { type Bench, createAndConnect, type Section, sleep } from "../bench.ts";
import { logTo } from "../log.ts";
import { serveBench } from "../serve.ts";

const POOL = 2;

/** Claimed from a pool beside restored, in turns, on a service of its own. */
export const pool: Section = async (bench) => {
  const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
  const logged: Bench["logged"] = [];
  const service = await serveBench({ ...bench.config, dataDir, pool: { browser: POOL } }, logTo(logged), bench.internet);
  const vitrine = new Vitrine(service);
  const filled = () => logged.filter(({ msg }) => msg === "waits to be claimed").length;
  try {
    const claimed: number[] = [];
    const restored: number[] = [];
    for (let i = 0; i < bench.runs; i++) {
      while (filled() < POOL + i) await sleep(200);
      claimed.push(await createAndConnect(vitrine));
      // On the other service, where none waits; this one's refill comes after it.
      restored.push(await createAndConnect(bench.vitrine));
    }
    return [
      {
        name: "create from the pool -> Playwright connected",
        unit: "ms",
        values: claimed,
        baseline: { name: "restored", values: restored },
      },
    ];
  } finally {
    for await (const one of vitrine.computers.all()) await one.delete();
    await service.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
};
