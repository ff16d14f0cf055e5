// npm run example -- NAME [arguments]: runs examples/NAME.ts under a Node that is new enough.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureNode24 } from "./lib/node24.mjs";
import { SetupError } from "./lib/npm.mjs";
import { ensurePackages } from "./lib/packages.mjs";
import { endAs, main, runNode } from "./lib/run.mjs";
import { ROOT } from "./lib/where.mjs";

await main(async () => {
  const [name = "", ...rest] = process.argv.slice(2);
  const file = join(ROOT, "examples", `${name}.ts`);
  if (!/^[\w-]+$/.test(name) || !existsSync(file)) throw new SetupError("name an example, like 'npm run example -- first-script'");
  await ensurePackages();
  endAs(await runNode(await ensureNode24(), [file, ...rest], { cwd: process.cwd() }));
});
