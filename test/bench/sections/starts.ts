import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CreateComputerInput } from "../../../src/client/index.ts";
import { launchBareChromium } from "../bare-chromium.ts";
import { type Bench, createAndConnect, repeat, type Section, sleep } from "../bench.ts";

/** Every option of a session that a restored browser is told. */
const TOLD: CreateComputerInput["browser"] = {
  timezone: "Asia/Tokyo",
  locale: "cs-CZ",
  user_agent: "Vitrine/bench",
  geolocation: { latitude: 50, longitude: 14 },
  extra_headers: { "X-Bench": "1" },
};
/** And what is work for it: a screen to be drawn anew. */
const SIZED: CreateComputerInput["browser"] = { viewport: { width: 1100, height: 700 } };
const PAGE = "<!doctype html><title>page</title><h1>Page</h1>";
const BOOTS = 3;

/** A size of the screen gets a template when it is asked for again. Answers what it costs before that, and when the template is there. */
const askForSize = async ({ vitrine, logged, say }: Bench): Promise<number[]> => {
  const before = logged.length;
  const said = (words: string) => logged.slice(before).some(({ msg }) => String(msg).includes(words));
  const first = await repeat(2, () => createAndConnect(vitrine, { browser: { ...TOLD, ...SIZED } }));
  if (!said("gets a template")) return [];
  say("a template for this size of the screen is built");
  while (!said("has a template") && !said("no template")) await sleep(200);
  return first;
};

/** How fast a computer is created and connected to, beside a bare Chromium and beside a boot. */
export const starts: Section = async (bench) => {
  const { vitrine, runs } = bench;
  const resized = await askForSize(bench);
  const server = createServer((_request, response) => void response.setHeader("Content-Type", "text/html").end(PAGE));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const network = { host_ports: [port] };
  const url = `http://host.vitrine.internal:${port}/`;
  const bare: number[] = [];
  const restored: number[] = [];
  const ready: number[] = [];
  const told: number[] = [];
  const sized: number[] = [];
  const all: number[] = [];
  const created: number[] = [];
  const createdWithPage: number[] = [];
  const connectedWithPage: number[] = [];
  const wentAfterwards: number[] = [];
  const phases: Record<string, number[]> = {};
  for (let i = 0; i < runs; i++) {
    bare.push(await launchBareChromium());
    restored.push(
      await createAndConnect(
        vitrine,
        {},
        {
          look: ({ ready_ms, ready_phases }, createdMs) => {
            created.push(createdMs);
            ready.push(ready_ms ?? Number.NaN);
            for (const [phase, ms] of Object.entries(ready_phases ?? {})) phases[phase] = [...(phases[phase] ?? []), ms];
          },
        },
      ),
    );
    told.push(await createAndConnect(vitrine, { browser: TOLD }));
    sized.push(await createAndConnect(vitrine, { browser: SIZED }));
    all.push(await createAndConnect(vitrine, { browser: { ...TOLD, ...SIZED } }));
    const look = (_: unknown, createdMs: number) => void createdWithPage.push(createdMs);
    connectedWithPage.push(await createAndConnect(vitrine, { browser: { ...TOLD, ...SIZED, url }, network }, { look }));
    wentAfterwards.push(await createAndConnect(vitrine, { network }, { page: url }));
  }
  server.close();
  // A shape that is asked for once is booted.
  const booted = await repeat(Math.min(runs, BOOTS), (i) => createAndConnect(vitrine, { ram_mb: 2000 - i }));
  return [
    { name: "create -> Playwright connected", unit: "ms", values: restored, baseline: { name: "bare Chromium on the host", values: bare } },
    { name: "  the same", unit: "ms", values: restored, baseline: { name: "the same, booted", values: booted } },
    { name: "  of which machine start -> ready", unit: "ms", values: ready },
    ...Object.entries(phases).map(([phase, values]) => ({ name: `    ${phase}`, unit: "ms" as const, values })),
    { name: "  with every option but size and page", unit: "ms", values: told, baseline: { name: "with none", values: restored } },
    { name: "  with a size of the screen alone", unit: "ms", values: sized, baseline: { name: "with none", values: restored } },
    ...(resized.length > 0
      ? [{ name: "  with every option but a page, the first and second time", unit: "ms" as const, values: resized }]
      : []),
    { name: "  with every option but a page", unit: "ms", values: all, baseline: { name: "with none", values: restored } },
    {
      name: "create with every option and a page",
      unit: "ms",
      values: createdWithPage,
      baseline: { name: "create with none", values: created },
    },
    {
      name: "  -> Playwright connected, when the page has come",
      unit: "ms",
      values: connectedWithPage,
      baseline: { name: "with none, connected, then goto", values: wentAfterwards },
    },
  ];
};
