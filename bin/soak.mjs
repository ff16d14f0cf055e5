// npm run soak [-- options]: all set-up, then random operations while things are killed.
import { join } from "node:path";
import { ensureNode24 } from "./lib/node24.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { endAs, main, runNode } from "./lib/run.mjs";
import { ROOT } from "./lib/where.mjs";

await main(async () => {
  await ensurePackages();
  const node = await ensureNode24();
  const setup = await runNode(node, [join(ROOT, "bin", "vitrine.mjs"), "setup", "--tests"], { cwd: ROOT });
  if (setup.code !== 0) return endAs(setup);
  endAs(await runNode(node, [join(ROOT, "test", "faults", "soak", "main.ts"), ...process.argv.slice(2)], { cwd: ROOT }));
});
