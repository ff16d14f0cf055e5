// npm run build:server [-- FOLDER]: the service and the command as the package `vitrine-server`, ready to be packed, in dist-server or FOLDER.
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { buildDashboard } from "../src/dashboard/build.mjs";
import { SetupError } from "./lib/npm.mjs";
import { main, runNode } from "./lib/run.mjs";
import { ROOT } from "./lib/where.mjs";

/** What the dashboard is built with, which the package has built. */
const BUILT = ["vite", "preact", "@preact/signals", "eventsource-parser", "@xterm/xterm", "@xterm/addon-fit"];

await main(async () => {
  const folder = resolve(process.argv[2] ?? join(ROOT, "dist-server"));
  const { scripts, devDependencies, ...manifest } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  for (const name of BUILT) delete manifest.dependencies[name];
  rmSync(folder, { recursive: true, force: true });
  for (const name of manifest.files) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  // Beside the sources, so that all is where it is in a checkout; the sources of the guest's agent are needed to build images.
  const compiler = [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json", "--outDir", folder];
  const { code } = await runNode(process.execPath, compiler, { cwd: ROOT });
  if (code !== 0) throw new SetupError("the sources do not compile; the compiler's own words are above");
  // Where the service looks first (src/server/setup/dashboard.ts): who installs the package has no Vite.
  await buildDashboard(join(folder, "src/dashboard/built"));
  console.log(relative(process.cwd(), folder) || folder);
});
