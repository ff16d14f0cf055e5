import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { templatesDir } from "../../../src/server/templates/store.ts";
import type { Section } from "../bench.ts";

const THREE_DAYS_MS = 3 * 86400_000;

/** How far the clock of a clone is from the host's, when the template's files are three days old; the call's own time is taken off. */
export const clock: Section = async ({ vitrine, config, runs }) => {
  const age = () => {
    const then = new Date(Date.now() - THREE_DAYS_MS);
    for (const entry of readdirSync(templatesDir(config.cacheDir), { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name !== "manifest.json") utimesSync(join(entry.parentPath, entry.name), then, then);
  };
  age();
  const off: number[] = [];
  for (let i = 0; i < Math.min(runs, 5); i++) {
    const computer = await vitrine.computers.create();
    const before = Date.now();
    const guest = Number((await computer.exec(["date", "+%s%3N"])).stdout);
    off.push(Math.max(before - guest, guest - Date.now(), 0));
    await computer.delete();
  }
  return [{ name: "clock of a clone of a template of three days ago: off by at least", unit: "ms", values: off }];
};
