#!/usr/bin/env node
// The `vitrine` command: finds a Node that is new enough and runs the CLI in it.
import module from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureNode24 } from "./lib/node24.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { endAs, main, runNode } from "./lib/run.mjs";
import { cacheDir, cliEntry } from "./lib/where.mjs";

await main(async () => {
  await ensurePackages({ dev: false });
  const node = await ensureNode24();
  if (node !== process.execPath) return endAs(await runNode(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]));
  // Half of a short command's time goes into compiling it.
  module.enableCompileCache(join(cacheDir(), "compiled"));
  const { main: cli } = await import(cliEntry());
  await cli(process.argv.slice(2));
});
