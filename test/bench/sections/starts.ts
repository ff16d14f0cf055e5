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
/** Those that are work for it, too: a page to go to, a screen to be drawn anew. */
const DONE: CreateComputerInput["browser"] = { viewport: { width: 1100, height: 700 }, url: "about:blank" };
const BOOTS = 3;

/** A size of the screen gets a template when it is asked for again. Answers what it costs before that, and when the template is there. */
const askForSize = async ({ vitrine, logged, say }: Bench): Promise<number[]> => {
  const before = logged.length;
  const said = (words: string) => logged.slice(before).some(({ msg }) => String(msg).includes(words));
  const first = await repeat(2, () => createAndConnect(vitrine, { browser: { ...TOLD, ...DONE } }));
  if (!said("gets a template")) return [];
  say("a template for this size of the screen is built");
  while (!said("has a template") && !said("no template")) await sleep(200);
  return first;
};

/** How fast a computer is created and connected to, beside a bare Chromium and beside a boot. */
export const starts: Section = async (bench) => {
  const { vitrine, runs } = bench;
  const resized = await askForSize(bench);
  const bare: number[] = [];
  const restored: number[] = [];
  const ready: number[] = [];
  const told: number[] = [];
  const sized: number[] = [];
  const all: number[] = [];
  const phases: Record<string, number[]> = {};
  for (let i = 0; i < runs; i++) {
    bare.push(await launchBareChromium());
    restored.push(
      await createAndConnect(vitrine, {}, ({ ready_ms, ready_phases }) => {
        ready.push(ready_ms ?? Number.NaN);
        for (const [phase, ms] of Object.entries(ready_phases ?? {})) phases[phase] = [...(phases[phase] ?? []), ms];
      }),
    );
    told.push(await createAndConnect(vitrine, { browser: TOLD }));
    sized.push(await createAndConnect(vitrine, { browser: { viewport: DONE?.viewport } }));
    all.push(await createAndConnect(vitrine, { browser: { ...TOLD, ...DONE } }));
  }
  // A shape that is asked for once is booted.
  const booted = await repeat(Math.min(runs, BOOTS), (i) => createAndConnect(vitrine, { ram_mb: 2000 - i }));
  return [
    { name: "create -> Playwright connected", unit: "ms", values: restored, baseline: { name: "bare Chromium on the host", values: bare } },
    { name: "  the same", unit: "ms", values: restored, baseline: { name: "the same, booted", values: booted } },
    { name: "  of which machine start -> ready", unit: "ms", values: ready },
    ...Object.entries(phases).map(([phase, values]) => ({ name: `    ${phase}`, unit: "ms" as const, values })),
    { name: "  with every option but size and page", unit: "ms", values: told, baseline: { name: "with none", values: restored } },
    { name: "  with a size of the screen alone", unit: "ms", values: sized, baseline: { name: "with none", values: restored } },
    ...(resized.length > 0 ? [{ name: "  with every option, the first and second time", unit: "ms" as const, values: resized }] : []),
    { name: "  with every option", unit: "ms", values: all, baseline: { name: "with none", values: restored } },
  ];
};
