import { chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { giveAway, makeRunDir, uidOf } from "../../../../src/server/machine/confinement/owner.ts";

const uids = { first: 1_879_048_192, count: 3 };
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vitrine-owner-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const make = (name: string): string => {
  const dir = join(root, name);
  mkdirSync(dir);
  makeRunDir(dir);
  writeFileSync(join(dir, "root.qcow2"), "");
  return dir;
};
const give = (name: string): number => {
  const dir = make(name);
  return giveAway(dir, uids, [join(dir, "root.qcow2")]);
};

test("a range of which nothing is given out yields a uid of it, the same at each asking", () => {
  const dir = make("a");
  const uid = uidOf(dir, uids);
  expect(uid >= uids.first && uid < uids.first + uids.count).toBe(true);
  expect(uidOf(dir, uids)).toBe(uid);
});

describe.runIf(process.geteuid?.() === 0)("as root", () => {
  test("machines beside each other have different ones, until there is none left; a removed directory gives its own back", () => {
    const given = ["a", "b", "c"].map(give);
    expect(new Set(given).size).toBe(3);
    expect(() => give("d")).toThrow(/no uid left/);
    rmSync(join(root, "b"), { recursive: true });
    rmSync(join(root, "d"), { recursive: true });
    expect(give("e")).toBe(given[1]);
  });

  test("a machine keeps its own for as long as its directory is there", () => {
    const uid = give("a");
    expect(giveAway(join(root, "a"), uids, [])).toBe(uid);
  });

  test("the machine's are its folder and its files; the directory stays the service's", () => {
    const uid = give("a");
    const owner = (path: string) => statSync(join(root, "a", path)).uid;
    expect([owner("."), owner("run"), owner("root.qcow2")]).toEqual([0, uid, uid]);
    expect(statSync(join(root, "a", "run")).mode & 0o777).toBe(0o700);
  });

  test("what a link names is not given away", () => {
    const dir = make("a");
    writeFileSync(join(root, "secret"), "");
    symlinkSync(join(root, "secret"), join(dir, "link"));
    const uid = giveAway(dir, uids, [join(dir, "link")]);
    expect(lstatSync(join(dir, "link")).uid).toBe(uid);
    expect(statSync(join(root, "secret")).uid).toBe(0);
  });

  test("a group from outside the range is nobody's mark", () => {
    const dir = make("a");
    chownSync(dir, -1, 1000);
    expect(uidOf(dir, uids)).not.toBe(1000);
  });
});
