import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CreateComputer } from "../../../src/contract/computer.ts";
import type { ComputerRecord } from "../../../src/server/computers/record.ts";
import { openStore } from "../../../src/server/store/store.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
afterAll(() => rmSync(dir, { recursive: true }));
const record = (id: string, name: string, change: Partial<ComputerRecord> = {}): ComputerRecord => {
  const { name: _, ...spec } = CreateComputer.parse({ metadata: { a: "b" } });
  return {
    id,
    name,
    spec,
    status: "creating",
    image: null,
    template: null,
    machine: null,
    suspended: null,
    created_at: new Date().toISOString(),
    started_at: null,
    stopped_at: null,
    expires_at: null,
    last_error: null,
    start_kind: null,
    ready_ms: null,
    ready_phases: null,
    ...change,
  };
};

test("records, links, journal and keys are there again after a reopening", () => {
  let store = openStore(dir);
  const made = record("cmp_a", "ada", { last_error: { code: "x", message: "y" } });
  store.computers.insert(made);
  expect(() => store.computers.insert(record("cmp_b", "ada"))).toThrow("A computer named ada exists already");
  store.links.insert({ id: "lnk_a", computer_id: "cmp_a", power: "cdp", own: 1, expires_at: null });
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
  expect(store.links.own("cmp_a")).toMatchObject([{ id: "lnk_a", power: "cdp" }]);
  expect(store.journal.open()).toEqual([{ computer_id: "cmp_a", verb: "create", step: "spawn" }]);
  expect(store.idempotency.find("k")).toEqual({ body_hash: "h", computer_id: "cmp_a" });

  // A deleted computer frees its name, is found by id alone, and is forgotten in time.
  store.computers.patch("cmp_a", { status: "deleted", stopped_at: "2020-01-01T00:00:00.000Z" });
  expect(store.computers.get("ada")).toBeNull();
  expect(store.computers.get("cmp_a")?.status).toBe("deleted");
  expect(store.computers.living()).toEqual([]);
  store.computers.insert(record("cmp_c", "ada"));
  store.computers.forgetDeleted("2021-01-01T00:00:00.000Z");
  expect(store.computers.get("cmp_a")).toBeNull();
  store.close();
});
