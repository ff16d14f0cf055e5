import { randomInt } from "node:crypto";
import { beforeAll, expect } from "vitest";
import { fault } from "./fault.ts";
import { isFlat } from "./soak/flat.ts";
import { type Report, tables } from "./soak/report.ts";
import { soak } from "./soak/soak.ts";

/** A short `npm run soak`: the same operations each time, though not in the same order. VITRINE_SOAK_SEED: others, or with `random` new ones. */
const { VITRINE_SOAK_SEED: given = "1127" } = process.env;
const SEED = given === "random" ? randomInt(2 ** 31) : Number(given);

let report: Report;
beforeAll(async () => {
  report = await soak({ seed: SEED, seconds: 90, clients: 4, say: (line) => console.error(line) });
  console.log(tables(report));
}, 900_000);

fault(
  {
    id: "S1",
    what: "random calls while QEMU, agent, Chromium, ffmpeg and the service are killed",
    expected: "what the API promised holds, nothing is left",
  },
  async () => {
    expect(report.violations, `VITRINE_SOAK_SEED=${SEED}`).toEqual([]);
    expect(report.operations.total()).toBeGreaterThan(0);
    const kills = report.kills.rows().find(({ what }) => what === "kills")?.outcomes ?? {};
    expect(Object.keys(kills).length).toBeGreaterThan(0);
    return `${report.operations.total()} calls, killed ${JSON.stringify(kills)}`;
  },
);

fault({ id: "S2", what: "the service's memory, files, threads and store in that time", expected: "flat" }, async () => {
  expect(report.slopes.filter((slope) => !isFlat(slope))).toEqual([]);
  return report.slopes.map(({ what, earlier, later }) => `${what} ${earlier.toFixed(1)} -> ${later.toFixed(1)}`).join(", ");
});
