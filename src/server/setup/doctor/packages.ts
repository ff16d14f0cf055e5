import { findExecutable, searchPath } from "../executables.ts";
import { installMissing } from "../install.ts";
import { missingRequirements, SERVICE_NEEDS } from "../packages.ts";
import type { Check, Mend } from "./check.ts";

/** All at once, however many ask for it. */
const mend: Mend = (progress, signal) => installMissing(missingRequirements(SERVICE_NEEDS), progress, signal);

export const packages = (dirs = searchPath()): Check[] =>
  SERVICE_NEEDS.map(({ executable, debianPackage, why }) => {
    const found = findExecutable(executable, dirs);
    const check = { name: executable, ok: found !== null, needed: true, found: found ?? "missing", why: `It ${why}.` };
    return found ? check : { ...check, fix: `sudo apt-get install --no-install-recommends ${debianPackage}`, mend };
  });
