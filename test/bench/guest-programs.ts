import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { Computer } from "../../src/client/index.ts";

const run = promisify(execFile);
const PLACE = "/home/ohm/bench";

/** Copies programs of this host, with all the libraries that they load, into a computer. Answers what runs one there: an argv to begin with. */
export const bringPrograms = async (computer: Computer, names: readonly string[]): Promise<(name: string) => string[]> => {
  const dir = mkdtempSync(join(tmpdir(), "vt-bench-"));
  try {
    mkdirSync(join(dir, "lib"));
    for (const name of names) {
      const program = execFileSync("which", [name], { encoding: "utf8" }).trim();
      cpSync(realpathSync(program), join(dir, name));
      for (const line of execFileSync("ldd", [program], { encoding: "utf8" }).split("\n")) {
        const library = /(\/\S+) \(0x/.exec(line)?.[1];
        if (library) cpSync(realpathSync(library), join(dir, "lib", basename(library)));
      }
    }
    // Beside this process, which is the service, too.
    const { stdout: archive } = await run("tar", ["-I", "gzip -1", "-c", "-C", dir, "."], { maxBuffer: 1024 ** 3, encoding: "buffer" });
    await computer.files.uploadArchive(PLACE, archive, { timeoutMs: 600_000 });
  } finally {
    rmSync(dir, { recursive: true });
  }
  // Whatever C library the guest has, they run on their own.
  return (name) => [`${PLACE}/lib/ld-linux-x86-64.so.2`, "--library-path", `${PLACE}/lib`, `${PLACE}/${name}`];
};
