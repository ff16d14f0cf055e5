// npm test [-- vitest options]: all set-up, then every test; with --project NAME, those of one project.
import { join } from "node:path";
import { ensureNode24 } from "./lib/node24.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { endAs, main, runNode } from "./lib/run.mjs";
import { ROOT } from "./lib/where.mjs";

const args = process.argv.slice(2);

await main(async () => {
  await ensurePackages();
  const node = await ensureNode24();
  const setup = await runNode(node, [join(ROOT, "bin", "vitrine.mjs"), "setup", "--tests"], { cwd: ROOT });
  if (setup.code !== 0) return endAs(setup);
  const reports = process.env.VITRINE_REPORT_DIR;
  const json = reports ? ["--reporter=default", "--reporter=json", `--outputFile.json=${join(reports, "vitest.json")}`] : [];
  endAs(await runNode(node, [join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run", ...json, ...args], { cwd: ROOT }));
});
