// npm run lint: types, style and import walls. All are run, whichever fails.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureNode24 } from "./lib/node24.mjs";
import { say } from "./lib/npm.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { main, runNode } from "./lib/run.mjs";
import { ROOT } from "./lib/where.mjs";

const inModules = (...path) => join(ROOT, "node_modules", ...path);
const LINTERS = {
  types: [inModules("typescript", "bin", "tsc"), "--noEmit", "-p", "."],
  "types of the dashboard": [inModules("typescript", "bin", "tsc"), "--noEmit", "-p", "src/dashboard"],
  style: [
    inModules("@biomejs", "biome", "bin", "biome"),
    "ci",
    "--error-on-warnings",
    ...(process.stdout.isTTY ? [] : ["--colors=off"]),
    ".",
  ],
  walls: [inModules("dependency-cruiser", "bin", "dependency-cruiser.mjs"), "--config", ".dependency-cruiser.cjs", "src", "guest-image"],
};

await main(async () => {
  await ensurePackages();
  const node = await ensureNode24();
  const failed = [];
  for (const [name, command] of Object.entries(LINTERS)) {
    const { code, signal } = await runNode(node, command, { cwd: ROOT });
    if (signal) return process.kill(process.pid, signal);
    if (code !== 0) failed.push(name);
  }
  say(failed.length === 0 ? `lint: ${Object.keys(LINTERS).join(", ")} are clean` : `lint: see above for ${failed.join(", ")}`);
  const reports = process.env.VITRINE_REPORT_DIR;
  if (reports)
    writeFileSync(
      join(reports, "lint.json"),
      JSON.stringify({ passed: Object.keys(LINTERS).length - failed.length, failed: failed.length }),
    );
  process.exitCode = failed.length === 0 ? 0 : 1;
});
