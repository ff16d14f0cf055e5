import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { templatesDir } from "../../../src/server/templates/store.ts";
import { type Bench, type Section, timed } from "../bench.ts";
import { processesBelow } from "./memory.ts";

/** What the service and its machines hold. */
const held = ({ dataDir, cacheDir }: Bench["config"]) => ({
  references: readdirSync(templatesDir(cacheDir), { recursive: true }).length,
  processes: processesBelow(dataDir).length,
  directories: readdirSync(join(dataDir, "computers")).length,
  files: readdirSync("/proc/self/fd").length,
});

/** Computers one after another: each opens a page of the host's and goes. */
export const cycles: Section = async ({ vitrine, config, cycles: count, say }) => {
  const site = createServer((_request, response) => response.end("<!doctype html><title>here</title>"));
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  const { port } = site.address() as AddressInfo;
  const took: number[] = [];
  let failures = 0;
  const cycle = async () => {
    const computer = await vitrine.computers.create({ network: { host_ports: [port] } });
    try {
      const browser = await computer.connectPlaywright({ timeout: 120_000 });
      const page = browser.contexts()[0]!.pages()[0]!;
      await page.goto(`http://host.vitrine.internal:${port}/`, { timeout: 120_000 });
      if ((await page.title()) !== "here") throw new Error("another page came");
      await browser.close();
    } finally {
      await computer.delete();
    }
  };
  await cycle();
  const before = held(config);
  for (let i = 0; i < count; i++) {
    try {
      took.push(await timed(cycle));
    } catch (error) {
      failures++;
      say(`cycle ${i} failed: ${(error as Error).message}`);
    }
    if (i % 20 === 19) say(`${i + 1} of ${count} cycles`);
  }
  const after = held(config);
  site.closeAllConnections();
  site.close();
  return [
    { name: "create -> page -> delete", unit: "ms", values: took },
    { name: "  failures", unit: "count", values: [failures] },
    { name: "  processes left", unit: "count", values: [after.processes - before.processes] },
    { name: "  directories left", unit: "count", values: [after.directories - before.directories] },
    { name: "  files left in the templates", unit: "count", values: [after.references - before.references] },
    { name: "  open files of the service more than before", unit: "count", values: [after.files - before.files] },
  ];
};
