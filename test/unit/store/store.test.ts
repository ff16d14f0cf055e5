import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { newLink } from "../../../src/server/computers/links.ts";
import type { ComputerRecord } from "../../../src/server/computers/record.ts";
import { openStore } from "../../../src/server/store/store.ts";
import { computerRecord } from "../../support/computer-record.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
afterAll(() => rmSync(dir, { recursive: true }));

test("records, links, journal and keys are there again after a reopening", () => {
  let store = openStore(dir);
  const made = computerRecord("cmp_a", "ada", { last_error: { code: "x", message: "y" } });
  store.computers.insert(made);
  expect(() => store.computers.insert(computerRecord("cmp_b", "ada"))).toThrow("A computer named ada exists already");
  const link = { ...newLink("cmp_a", "cdp", { own: 1 }), id: "lnk_a" };
  store.links.insert(link);
  store.ports.set("cmp_a", { port: 8000, public: true });
  store.journal.step("cmp_a", "create", "prepare");
  store.journal.step("cmp_a", "create", "spawn");
  store.journal.step("cmp_b", "delete", "destroy");
  store.journal.done("cmp_b", "delete");
  store.idempotency.insert("k", "h", "cmp_a");
  store.close();

  store = openStore(dir);
  expect(store.computers.get("ada")).toEqual(made);
  expect(store.computers.require("cmp_a")).toEqual(made);
  expect(() => store.computers.require("nobody")).toThrow("No computer nobody");
  expect(store.links.own("cmp_a")).toEqual([link]);
  expect(store.ports.list("cmp_a")).toEqual([{ port: 8000, public: true }]);
  expect(store.journal.open()).toEqual([{ computer_id: "cmp_a", verb: "create", step: "spawn" }]);
  expect(store.idempotency.find("k")).toEqual({ body_hash: "h", computer_id: "cmp_a" });

  // A deleted computer frees its name, is found by id alone, and is forgotten in time.
  store.computers.patch("cmp_a", { status: "deleted", stopped_at: "2020-01-01T00:00:00.000Z" });
  expect(store.computers.get("ada")).toBeNull();
  expect(store.computers.get("cmp_a")?.status).toBe("deleted");
  expect(store.computers.living()).toEqual([]);
  store.computers.insert(computerRecord("cmp_c", "ada"));
  store.computers.forgetDeleted("2021-01-01T00:00:00.000Z");
  expect(store.computers.get("cmp_a")).toBeNull();
  store.close();
});

test("a key's computers are told apart, and counted as its quotas count them", () => {
  const own = mkdtempSync(join(tmpdir(), "vt-"));
  const store = openStore(own);
  const of = (key_id: string | null, id: string, status: ComputerRecord["status"]) =>
    store.computers.insert(computerRecord(id, id.replace("_", "-"), { key_id, status }));
  for (const status of ["running", "creating", "stopping", "deleting", "stopped", "restorable", "error", "deleted"] as const)
    of("key_a", `a_${status}`, status);
  of("key_b", "b_1", "running");
  of(null, "o_1", "running");
  // Two cores, 2048 MiB, and 10240 and 65536 MiB of disks each.
  expect(store.computers.usage("key_a")).toEqual({ computers: 7, vcpus: 8, ram_mb: 8192, disk_mb: 530_432 });
  expect(store.computers.usage("key_none")).toEqual({ computers: 0, vcpus: 0, ram_mb: 0, disk_mb: 0 });
  const listed = (keyId: string | null) => store.computers.list({ keyId, limit: 50 }).data.map(({ id }) => id);
  expect(listed("key_b")).toEqual(["b_1"]);
  expect(listed("key_none")).toEqual([]);
  expect(listed(null)).toHaveLength(9);
  // Pages count its own alone.
  const page = store.computers.list({ keyId: "key_a", limit: 7 });
  expect([page.data.length, page.next_cursor]).toEqual([7, null]);
  expect(store.computers.lastNamed("b-1", "key_a")).toBeNull();
  expect(store.computers.lastNamed("b-1", "key_b")?.id).toBe("b_1");
  expect(store.computers.lastNamed("b-1", null)?.id).toBe("b_1");
  expect(store.computers.ofKey("key_a").map(({ id }) => id)).not.toContain("a_deleted");
  store.close();
  rmSync(own, { recursive: true });
});

test("a one-time link is used once, whoever asks first, and a use that came to nothing is given back", () => {
  const store = openStore(dir);
  const once = newLink("cmp_l", "view", { one_time: 1 });
  const often = newLink("cmp_l", "cdp", { expires_at: new Date(Date.now() + 60_000).toISOString() });
  store.links.insert(newLink("cmp_l", "view", { expires_at: "2020-01-01T00:00:00.000Z" }));
  for (const link of [once, often]) store.links.insert(link);
  expect([store.links.use(once.id), store.links.use(once.id)]).toEqual([true, false]);
  store.links.giveBack(once.id);
  expect([store.links.use(once.id), store.links.use(once.id)]).toEqual([true, false]);
  expect([store.links.use(often.id), store.links.use(often.id), store.links.use("lnk_none")]).toEqual([true, true, false]);
  // What has expired is not listed, and is forgotten when the next link is made.
  expect(store.links.live("cmp_l").map(({ id, uses }) => [id, uses])).toEqual([
    [often.id, 2],
    [once.id, 1],
  ]);

  const own = newLink("cmp_l", "control", { own: 1 });
  store.links.insert(own);
  const next = newLink("cmp_l", "control", { own: 1 });
  store.links.replaceOwn("cmp_l", [next]);
  expect(store.links.get(own.id)).toBeNull();
  expect(store.links.own("cmp_l")).toEqual([next]);
  // All or nothing.
  expect(() => store.links.replaceOwn("cmp_l", [often])).toThrow("UNIQUE");
  expect(store.links.own("cmp_l")).toEqual([next]);
  expect(store.links.remove(next.id, "cmp_other")).toBeNull();
  expect(store.links.remove(next.id, "cmp_l")).toEqual(next);
  store.close();
});

test.skipIf(process.getuid?.() !== 0)("what a full disk does not take fails with store_failed, and what was there stays", () => {
  const small = join(dir, "small");
  mkdirSync(small);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "none", small]);
  try {
    const store = openStore(small);
    store.computers.insert(computerRecord("cmp_a", "ada"));
    const ballast = join(small, "ballast");
    expect(() => writeFileSync(ballast, Buffer.alloc(4e6))).toThrow("ENOSPC");
    const flood = () => {
      for (let i = 0; i < 1000; i++) store.computers.insert(computerRecord(`cmp_${i}`, `n-${i}`));
    };
    const full = expect.objectContaining({ code: "store_failed", status: 507 });
    expect(flood).toThrow(full);
    expect(() => store.atomically(flood), "in a transaction, which ends with its failure").toThrow(full);
    expect(store.computers.get("ada")?.status).toBe("creating");
    rmSync(ballast);
    store.computers.patch("cmp_a", { status: "running" });
    store.close();
    const again = openStore(small);
    expect(again.computers.get("ada")?.status).toBe("running");
    again.close();
  } finally {
    execFileSync("umount", [small]);
  }
});

test("what is written atomically is kept whole, or not at all", () => {
  const store = openStore(mkdtempSync(join(dir, "atomic-")));
  const fail = () =>
    store.atomically(() => {
      store.computers.insert(computerRecord("cmp_1", "one"));
      throw new Error("in between");
    });
  expect(fail).toThrow("in between");
  expect(store.computers.get("one")).toBeNull();
  expect(store.atomically(() => store.computers.insert(computerRecord("cmp_1", "one")))).toBeUndefined();
  expect(store.computers.get("one")?.id).toBe("cmp_1");
  store.close();
});

test("an Idempotency-Key is free again when its create never happened", () => {
  const store = openStore(mkdtempSync(join(dir, "keys-")));
  store.idempotency.insert("key", "hash", "cmp_1");
  store.idempotency.insert("other", "hash", "cmp_2");
  store.idempotency.forget("cmp_1");
  expect(store.idempotency.find("key")).toBeUndefined();
  expect(store.idempotency.find("other")?.computer_id).toBe("cmp_2");
  store.close();
});
