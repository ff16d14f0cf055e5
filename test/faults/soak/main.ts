/** `npm run soak [-- --minutes N] [--clients N] [--seed N]`: prints what was done, what was killed and whether it stayed flat. Fails when a promise was broken. */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { isFlat } from "./flat.ts";
import { tables } from "./report.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "8" },
    seed: { type: "string", default: process.env.VITRINE_SOAK_SEED ?? String(randomInt(2 ** 31)) },
  },
});
const [minutes, clients, seed] = [values.minutes, values.clients, values.seed].map(Number) as [number, number, number];
if (!(minutes > 0 && Number.isInteger(clients) && clients > 0 && Number.isInteger(seed))) {
  console.error("Give --minutes above 0, and whole numbers for --clients and --seed.");
  process.exit(2);
}
console.error(`seed ${seed}`);
const report = await soak({ seed, seconds: minutes * 60, clients, say: (line) => console.error(line) });
console.log(tables(report));
process.exitCode = report.violations.length === 0 && report.slopes.every(isFlat) ? 0 : 1;
