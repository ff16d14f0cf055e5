import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Computer } from "../../src/client/index.ts";

const MODULES = realpathSync(new URL("../../node_modules", import.meta.url).pathname);

/** An npm package and all that it needs here, by name. */
const withNeeds = (name: string, found = new Set<string>()): Set<string> => {
  if (found.has(name) || !existsSync(join(MODULES, name))) return found;
  found.add(name);
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
  for (const need of Object.keys({ ...dependencies, ...optionalDependencies })) withNeeds(need, found);
  return found;
};

/** What the page shows, which a change of this file alone changes. */
export const words = (text: string): string => `export const words = ${JSON.stringify(text)};\n`;
const FILES = {
  "index.html": '<!doctype html><link rel="icon" href="data:,"><p></p><script type="module" src="/main.js"></script>',
  "main.js": `import { words } from "/words.js";
const show = (text) => { document.querySelector("p").textContent = text; };
show(words);
import.meta.hot.accept("/words.js", (fresh) => show(fresh.words));
`,
  "words.js": words("before"),
};

/** Puts a page of one module, and the vite that this project's tests run on, into a folder of a computer. */
export const putViteApp = async (computer: Computer, folder: string): Promise<void> => {
  const tar = spawn("tar", ["-cz", "-C", MODULES, ...withNeeds("vite")], { stdio: ["ignore", "pipe", "inherit"] });
  await computer.files.uploadArchive(`${folder}/node_modules`, tar.stdout);
  for (const [name, text] of Object.entries(FILES)) await computer.files.write(`${folder}/${name}`, text);
};
