import type { CreateComputerInput } from "../../../src/client/index.ts";
import { launchBareChromium } from "../bare-chromium.ts";
import { createAndConnect, repeat, type Section } from "../bench.ts";

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
const BOOTS = 3;

/** How fast a computer is created and connected to, beside a bare Chromium and beside a boot. */
export const starts: Section = async ({ vitrine, runs }) => {
  const bare: number[] = [];
  const restored: number[] = [];
  const ready: number[] = [];
  const options: number[] = [];
  const phases: Record<string, number[]> = {};
  for (let i = 0; i < runs; i++) {
    bare.push(await launchBareChromium());
    restored.push(
      await createAndConnect(vitrine, {}, ({ ready_ms, ready_phases }) => {
        ready.push(ready_ms ?? Number.NaN);
        for (const [phase, ms] of Object.entries(ready_phases ?? {})) phases[phase] = [...(phases[phase] ?? []), ms];
      }),
    );
    options.push(await createAndConnect(vitrine, ALL_OPTIONS));
  }
  // A shape that is asked for once is booted.
  const booted = await repeat(Math.min(runs, BOOTS), (i) => createAndConnect(vitrine, { ram_mb: 2000 - i }));
  return [
    { name: "create -> Playwright connected", unit: "ms", values: restored, baseline: { name: "bare Chromium on the host", values: bare } },
    { name: "  the same", unit: "ms", values: restored, baseline: { name: "the same, booted", values: booted } },
    { name: "  of which machine start -> ready", unit: "ms", values: ready },
    ...Object.entries(phases).map(([phase, values]) => ({ name: `    ${phase}`, unit: "ms" as const, values })),
    { name: "  with every session option", unit: "ms", values: options, baseline: { name: "with none", values: restored } },
  ];
};
