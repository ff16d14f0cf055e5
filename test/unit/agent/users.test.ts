import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkPath } from "../../../guest-image/agent/paths.ts";
import { asUser, userNamed } from "../../../guest-image/agent/users.ts";

test.runIf(process.getuid?.() === 0)("a link that a user plants does not lead root where the user may not go", () => {
  const dir = mkdtempSync(join(tmpdir(), "vitrine-users-"));
  try {
    const secret = join(dir, "secret");
    writeFileSync(secret, "root's", { mode: 0o600 });
    const home = join(dir, "home");
    mkdirSync(home);
    symlinkSync(secret, join(home, "link"));
    const daemon = userNamed("daemon");
    expect(() => asUser(daemon, () => readFileSync(join(home, "link")))).toThrow(/EACCES/);
    expect(() => asUser(daemon, () => writeFileSync(join(home, "link"), "x"))).toThrow(/EACCES/);
    expect(() => asUser(daemon, () => writeFileSync(join(home, "new"), "x"))).toThrow(/EACCES/);
    expect(readFileSync(secret, "utf8")).toBe("root's");
    expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, 0]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("paths are made plain, and what could lead elsewhere is refused", () => {
  expect(checkPath("/a//b/./c/")).toBe("/a/b/c");
  expect(checkPath("/")).toBe("/");
  expect(checkPath("/a/..b/c..")).toBe("/a/..b/c..");
  for (const path of ["", "a", "/a/../b", "/..", "/a\0", `/${"a".repeat(5000)}`, undefined, 5])
    expect(() => checkPath(path)).toThrow(/invalid_path/);
});
