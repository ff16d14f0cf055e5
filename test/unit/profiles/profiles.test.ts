import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { VitrineError } from "../../../src/contract/errors.ts";
import { noFault } from "../../../src/server/points.ts";
import { openProfiles } from "../../../src/server/profiles/profiles.ts";

let root: string;
let orphans: string[];
let full: boolean;
const never = new AbortController().signal;
const ADA = { key_id: null, name: "ada" };
const open = () =>
  openProfiles({
    root,
    maxBytes: 10,
    requireDisk: () => {
      if (full) throw new VitrineError("host_disk_low", { free_mb: 1, reserve_mb: 2 });
    },
    fault: noFault,
    orphaned: (kind) => orphans.push(kind),
  });
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), "vt-")), "profiles");
  orphans = [];
  full = false;
});
afterEach(() => rmSync(join(root, ".."), { recursive: true }));

test("a profile is what was written last, each owner's by itself, and nobody else on the host can read it", async () => {
  const profiles = open();
  expect([profiles.list(), profiles.find(ADA)]).toEqual([[], null]);
  expect(await profiles.write(ADA, Readable.from(["one"]), never)).toBe(3);
  const reading = profiles.read(ADA);
  await new Promise((resolve) => reading.once("open", resolve));
  await profiles.write(ADA, Readable.from(["two!"]), never);
  await profiles.write({ key_id: "key_a", name: "ada" }, Readable.from(["other"]), never);
  expect([await text(reading), await text(profiles.read(ADA))], "what is being read stays what it was").toEqual(["one", "two!"]);
  expect(profiles.list().map(({ key_id, size_bytes }) => [key_id, size_bytes])).toEqual(
    expect.arrayContaining([
      [null, 4],
      ["key_a", 5],
    ]),
  );
  expect([statSync(join(root, "operator")).mode & 0o777, statSync(join(root, "operator/ada.tar.gz")).mode & 0o777]).toEqual([0o700, 0o600]);
  await profiles.remove(ADA);
  await profiles.remove(ADA);
  expect(profiles.list()).toHaveLength(1);
});

test("one that breaks off, is too large, or has no room on the disk leaves it as it was", async () => {
  const profiles = open();
  await profiles.write(ADA, Readable.from(["one"]), never);
  const broken = Readable.from(
    (async function* () {
      yield "tw";
      throw new Error("the guest is gone");
    })(),
  );
  await expect(profiles.write(ADA, broken, never)).rejects.toThrow("the guest is gone");
  await expect(profiles.write(ADA, Readable.from(["0123456789", "0"]), never)).rejects.toMatchObject({ code: "payload_too_large" });
  full = true;
  await expect(profiles.write(ADA, Readable.from(["two"]), never)).rejects.toMatchObject({ code: "host_disk_low" });
  expect(await text(profiles.read(ADA))).toBe("one");
  expect(readdirSync(join(root, "operator"))).toEqual(["ada.tar.gz"]);
});

test("what a killed service left half written is swept, what is being written is not", async () => {
  mkdirSync(join(root, "operator"), { recursive: true });
  writeFileSync(join(root, "operator/old.tar.gz.new"), "half");
  const profiles = open();
  const body = new Readable({ read: () => {} });
  body.push("new");
  const written = profiles.write(ADA, body, never);
  await expect.poll(() => readdirSync(join(root, "operator"))).toContain("ada.tar.gz.new");
  await profiles.sweep();
  expect(orphans).toEqual(["profile"]);
  body.push(null);
  expect(await written).toBe(3);
  expect(readdirSync(join(root, "operator"))).toEqual(["ada.tar.gz"]);
});
