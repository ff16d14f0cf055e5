import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { VitrineError } from "../../src/contract/errors.ts";

/** Program -> the Debian package that has it. */
const TOOLS: Record<string, string> = {
  mmdebstrap: "mmdebstrap",
  "qemu-img": "qemu-utils",
  mke2fs: "e2fsprogs",
  tar: "tar",
  "apt-config": "apt",
  npm: "npm",
};

const SYSTEM_DIRS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

const isThere = (program: string): boolean =>
  [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_DIRS].some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Throws setup_incomplete, with the command that helps, when a program that the build runs is missing. */
export const requireTools = (): void => {
  const tools = { ...TOOLS, ...(process.getuid?.() !== 0 && { fakeroot: "fakeroot", newuidmap: "uidmap" }) };
  const missing = Object.keys(tools).filter((program) => !isThere(program));
  if (missing.length === 0) return;
  const packages = missing.map((program) => tools[program as keyof typeof tools]).join(" ");
  throw new VitrineError("setup_incomplete", {
    reason: `building a guest image needs ${missing.join(", ")}; install with: sudo apt-get install ${packages}`,
  });
};
