import { findExecutable, searchPath } from "../executables.ts";
import { SERVICE_NEEDS } from "../packages.ts";
import type { Check } from "./check.ts";

export const packages = (dirs = searchPath()): Check[] =>
  SERVICE_NEEDS.map(({ executable, debianPackage, why }) => {
    const found = findExecutable(executable, dirs);
    const check = { name: executable, ok: found !== null, needed: true, found: found ?? "missing", why: `It ${why}.` };
    return found ? check : { ...check, fix: `sudo apt-get install --no-install-recommends ${debianPackage}` };
  });
