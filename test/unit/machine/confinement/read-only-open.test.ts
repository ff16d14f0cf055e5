import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readOnlyOpenLibrary } from "../../../../src/server/machine/confinement/read-only-open.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-open-"));
  chmodSync(dir, 0o711);
  writeFileSync(join(dir, "library.so"), readOnlyOpenLibrary(), { mode: 0o444 });
  writeFileSync(join(dir, "file"), "kept", { mode: 0o444 });
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Perl's POSIX::open hands on the flags that it is given, to the function of the C library that QEMU uses. */
const open = (flags: string, name = "file"): string => {
  const script = `use POSIX; my $f = POSIX::open("${join(dir, name)}", ${flags}); if (!defined $f) { print "refused: $!"; exit } POSIX::write($f, "x", 1) or print "unwritten "; POSIX::read($f, my $b, 9); print $b`;
  const nobody = process.geteuid?.() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];
  const argv = [...nobody, "env", `LD_PRELOAD=${join(dir, "library.so")}`, "perl", "-e", script];
  return execFileSync(argv[0]!, argv.slice(1), { encoding: "utf8", env: { PATH: process.env.PATH, LC_ALL: "C" } });
};

describe.runIf(process.arch === "x64")("with the library", () => {
  test("what may only be read and is asked for with O_RDWR is opened for reading", () => {
    expect(open("O_RDWR | 02000000")).toBe("refused: Permission denied");
    expect(open("O_WRONLY")).toBe("refused: Permission denied");
    expect(open("O_RDONLY")).toBe("unwritten kept");
    expect(open("O_RDWR")).toBe("unwritten kept");
  });
  test("what is not there stays so, with its own error", () => {
    expect(open("O_RDWR", "absent")).toBe("refused: No such file or directory");
  });
});
