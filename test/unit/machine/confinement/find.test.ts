import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findConfinement, takenBy } from "../../../../src/server/machine/confinement/find.ts";
import { inWords } from "../../../../src/server/machine/confinement/walls.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-find-"));
  writeFileSync(join(dir, "subuid"), "someone:100000:65536\n");
  writeFileSync(join(dir, "passwd"), "root:x:0:0:root:/root:/bin/sh\nodd:x:500010:500010::/:/bin/sh\n");
});
afterAll(() => rmSync(dir, { recursive: true }));

test.each([
  [100_000, "someone"],
  [165_535, "someone"],
  [99_990, "someone"],
  [165_536, null],
  [500_000, "odd"],
  [500_011, null],
])("who has uids of the 20 from %d on: %s", (first, owner) => {
  expect(takenBy({ first, count: 20 }, [join(dir, "subuid")], [join(dir, "passwd"), join(dir, "absent")])).toBe(owner);
});

test("what is found here was tried, says what it lacks, and leaves nothing", async () => {
  const found = await findConfinement();
  expect(inWords(found)).toMatch(/machine/);
  if (found.walls.kind !== "own-uid") expect(found.lacks[0]).toMatch(/^own-uid: /);
  if (process.geteuid?.() === 0) {
    const taken = await findConfinement({ uids: { first: 0, count: 65_536 } });
    expect(taken.walls.kind).not.toBe("own-uid");
    expect(taken.lacks[0]).toMatch(/belong to root; set VITRINE_UID_BASE/);
  }
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith("vitrine-walls-"))).toEqual([]);
});
