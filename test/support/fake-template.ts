import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Template } from "../../src/server/templates/template.ts";

const SECRET = "the secret of a template";

/** A template, below `dir`, that fake machines are restored from. */
export const fakeTemplate = (dir: string): Template => {
  const templateDir = join(dir, "template");
  mkdirSync(join(templateDir, "run"), { recursive: true });
  writeFileSync(join(templateDir, "run/config.json"), JSON.stringify({ secret: SECRET, hostname: "template", settings: {} }));
  writeFileSync(join(templateDir, "run/session.env"), "VITRINE_BROWSER='none'\n");
  return {
    key: "aaaa",
    dir: templateDir,
    shape: { template: "browser", mode: "live", vcpus: 2, ram_mb: 2048, disk_size_mb: 10240, viewport: { width: 1280, height: 800 } },
    disks: { root: { file: "", overlay: null }, workspace: { file: "", overlay: null } },
    state: { file: join(templateDir, "state"), memory: null, exact: true },
    secret: SECRET,
  };
};
