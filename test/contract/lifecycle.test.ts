import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Status } from "../../src/contract/computer.ts";
import { openStore } from "../../src/server/store/store.ts";
import type { Template } from "../../src/server/templates/template.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { type HeldFleet, heldFleet } from "../support/held-fleet.ts";
import { type Answer, fakeHost, startService, type TestService } from "../support/service.ts";
import { type StillFleet, stillFleet } from "../support/still-fleet.ts";

/** What becomes of a verb that finds a computer as it is: it is done, what it wants is so already, or it is refused with 409 and the present status. */
type Outcome = "done" | "so" | "409";
type Verb = "start" | "suspend" | "shutdown" | "fork" | "exec" | "network" | "create" | "delete";
const VERBS: readonly Verb[] = ["start", "suspend", "shutdown", "fork", "exec", "network", "create", "delete"];

/** How a computer may be found: in a status, or in one and being copied. */
type Found = Status | "running, being copied" | "stopped, being copied" | "restorable, being copied" | "restorable, giving up its memory";
const row = (...outcomes: Outcome[]): Record<Verb, Outcome> =>
  Object.fromEntries(VERBS.map((verb, i) => [verb, outcomes[i]])) as Record<Verb, Outcome>;

/** The promise: docs/operations.md has it as a table, which is held against this one. `create` is one of the same name. */
const TABLE: Record<Found, Record<Verb, Outcome>> = {
  creating: row("409", "409", "409", "409", "409", "409", "409", "done"),
  running: row("so", "done", "done", "done", "done", "done", "409", "done"),
  "running, being copied": row("so", "409", "409", "409", "done", "409", "409", "done"),
  stopping: row("409", "409", "409", "409", "409", "409", "409", "done"),
  stopped: row("done", "so", "so", "done", "409", "done", "409", "done"),
  "stopped, being copied": row("409", "so", "so", "409", "409", "409", "409", "done"),
  starting: row("409", "409", "409", "409", "409", "409", "409", "done"),
  restorable: row("done", "so", "done", "done", "409", "done", "409", "done"),
  "restorable, being copied": row("409", "so", "409", "409", "409", "409", "409", "done"),
  "restorable, giving up its memory": row("409", "so", "409", "409", "409", "409", "409", "done"),
  restoring: row("409", "409", "409", "409", "409", "409", "409", "done"),
  error: row("done", "409", "409", "409", "409", "done", "409", "done"),
  deleting: row("409", "409", "409", "409", "409", "409", "409", "done"),
  deleted: row("409", "409", "409", "409", "409", "409", "done", "so"),
};
/** What a computer is once a verb is done with it; null: what it was. */
const AFTER: Record<Verb, Status | null> = {
  start: "running",
  suspend: "restorable",
  shutdown: "stopped",
  fork: null,
  exec: null,
  network: null,
  create: null,
  delete: "deleted",
};

const dir = mkdtempSync(join(tmpdir(), "vt-"));
let still: StillFleet;
let held: HeldFleet;
let service: TestService;
let restores = false;
const template = { key: "t", dir: "/nowhere", shape: { disk_size_mb: 10240 }, disk: { file: "", overlay: null }, secret: "s" };
beforeAll(async () => {
  still = stillFleet({}, { port: 1, name: "" });
  const state = { file: join(dir, "template.state"), memory: null, exact: true };
  held = heldFleet(still, {
    image: fakeHost(still).image,
    template: async () => (restores ? ({ ...template, state } as unknown as Template) : null),
  });
  const { hold: _, ...host } = held;
  service = await startService(dir, fakeFleet(), { host, config: { limits: { creates: 64 } } });
});
afterAll(async () => {
  await service.close();
  // No verb has left anything to be undone.
  const store = openStore(dir);
  expect(store.journal.open()).toEqual([]);
  store.close();
  rmSync(dir, { recursive: true });
});

const call = (method: string, path: string, body?: unknown) => service.call(method, `/v1/computers${path}`, body);
const found = async (id: string): Promise<Status> => (await call("GET", `/${id}`)).body.status;
const directories = () => readdirSync(join(dir, "computers"));

const ask = (verb: Verb, id: string, name: string): Promise<Answer> => {
  switch (verb) {
    case "start":
      return call("POST", `/${id}/start`);
    case "suspend":
    case "shutdown":
      return call("POST", `/${id}/stop`, { mode: verb });
    case "fork":
      return call("POST", `/${id}/fork`, { count: 2 });
    case "exec":
      return call("POST", `/${id}/exec`, { command: "true" });
    case "network":
      return call("PATCH", `/${id}/network`, { mode: "off" });
    case "create":
      return call("POST", "", { template: "scratch", name });
    case "delete":
      return call("DELETE", `/${id}`);
  }
};

/** Each verb in each of its ways, with what it is done to. `creates` begins with nothing. */
const FIRST: readonly [what: string, verb: Verb, begins: Status | null, restores?: boolean][] = [
  ["a create that boots", "create", null],
  ["a create that restores", "create", null, true],
  ["a start from the disks", "start", "stopped"],
  ["a start that resumes", "start", "restorable"],
  ["a start of one in error", "start", "error"],
  ["a suspend", "suspend", "running"],
  ["a shutdown", "shutdown", "running"],
  ["a shutdown of a suspended one", "shutdown", "restorable"],
  ["a fork of a running one", "fork", "running"],
  ["a fork of a stopped one", "fork", "stopped"],
  ["a fork of a suspended one", "fork", "restorable"],
  ["an exec", "exec", "running"],
  ["a delete of a running one", "delete", "running"],
  ["a delete of a stopped one", "delete", "stopped"],
];

let count = 0;
const begin = async (status: Status): Promise<{ id: string; name: string }> => {
  const name = `c-${++count}`;
  const { id } = (await ask("create", "", name)).body;
  if (status === "stopped") await ask("shutdown", id, name);
  if (status === "restorable") await ask("suspend", id, name);
  if (status === "error") {
    still.crash(id);
    await expect.poll(() => found(id)).toBe("error");
  }
  expect(await found(id)).toBe(status);
  return { id, name };
};

const foundAs = (status: Status, first: Verb, over: boolean): Found => {
  if (over) return status;
  if (first === "fork") return `${status}, being copied` as Found;
  return first === "shutdown" && status === "restorable" ? "restorable, giving up its memory" : status;
};
const succeeded = ({ status }: Answer) => status < 300;

/** Holds the first verb at one of its places, and has the second come in between; null when the first has no such place. */
const meet = async (
  [what, first, begins, restored = false]: (typeof FIRST)[number],
  place: number,
  second: Verb,
): Promise<string | null> => {
  restores = restored;
  let { id, name } = begins === null ? { id: "", name: `c-${++count}` } : await begin(begins);
  const hold = held.hold(place);
  const one = ask(first, id, name);
  const at = await Promise.race([hold.reached, one.then(() => null)]);
  const over = at === null;
  if (begins === null) id = (await call("GET", `/${name}`)).body.id;
  const status = await found(id);
  const expected = TABLE[foundAs(status, first, over)][second];
  const two = ask(second, id, name);
  // It has come, and stands, or is answered.
  await Promise.race([two, found(id)]);
  hold.release();
  const [firstAnswer, secondAnswer] = await Promise.all([one, two]);
  const told = `${what}, ${at ?? "over"}, found ${status}; then ${second}: ${JSON.stringify([firstAnswer.body, secondAnswer.body])}`;

  expect(succeeded(secondAnswer), told).toBe(expected !== "409");
  if (expected === "409") {
    expect([secondAnswer.status, secondAnswer.body.error.code], told).toEqual([409, second === "create" ? "name_taken" : "wrong_state"]);
    if (second !== "create") expect(secondAnswer.body.error.details.status, told).toBe(status);
  }
  // Only a delete breaks the first verb off, and tells it so.
  if (second !== "delete" || over || first === "delete") expect(succeeded(firstAnswer), told).toBe(true);
  else if (!succeeded(firstAnswer) && first !== "exec")
    expect([firstAnswer.status, firstAnswer.body.error.code, firstAnswer.body.error.details.status], told).toEqual([
      409,
      "wrong_state",
      "deleting",
    ]);

  const ends = AFTER[first] ?? begins ?? "running";
  const last = second === "create" || expected !== "done" ? ends : (AFTER[second] ?? ends);
  expect(await found(id), told).toBe(last);

  const { data } = (await call("GET", "?limit=200")).body as { data: { id: string; status: Status }[] };
  const living = data.map((one) => one.id).sort();
  expect(directories().sort(), told).toEqual(living);
  expect(still.machines().sort(), told).toEqual(living.filter((one) => data.some((it) => it.id === one && it.status === "running")));
  for (const one of living) await call("DELETE", `/${one}`);
  expect([directories(), still.machines()], told).toEqual([[], []]);
  return at;
};

describe.each(FIRST.map((first) => [first[0], first] as const))("%s", (_what, first) => {
  test.each(VERBS)(
    "and, at each of its steps, %s: one clear winner, and nothing left behind",
    async (second) => {
      const places: (string | null)[] = [];
      do places.push(await meet(first, places.length, second));
      while (places.at(-1) !== null);
      if (first[0] !== "a shutdown of a suspended one") expect(places.length).toBeGreaterThan(1);
    },
    120_000,
  );
});

test.each(["start", "delete", "fork", "shutdown"] as const)(
  "a shutdown of a suspended one and %s at once",
  async (second) => {
    for (let i = 0; i < 20; i++) {
      const { id, name } = await begin("restorable");
      const [one, two] = await Promise.all([ask("shutdown", id, name), ask(second, id, name)]);
      for (const { status, body } of [one, two]) if (status >= 300) expect([status, body.error.code]).toEqual([409, "wrong_state"]);
      const now = await found(id);
      expect(["stopped", "running", "deleted", "restorable"]).toContain(now);
      for (const { id } of (await call("GET", "")).body.data) await call("DELETE", `/${id}`);
      expect([directories(), still.machines()]).toEqual([[], []]);
    }
  },
  60_000,
);

test.each(VERBS.filter((verb) => verb !== "create"))(
  "ten times %s at once of one computer: none half done",
  async (verb) => {
    for (const status of ["running", "stopped", "restorable", "error"] as const) {
      const { id, name } = await begin(status);
      const answers = await Promise.all(Array.from({ length: 10 }, () => ask(verb, id, name)));
      for (const { status, body } of answers) if (status >= 300) expect([status, body.error.code]).toEqual([409, "wrong_state"]);
      if (TABLE[status][verb] !== "409") {
        expect(answers.filter(succeeded).length).toBeGreaterThan(0);
        expect(await found(id)).toBe((TABLE[status][verb] === "done" && AFTER[verb]) || status);
      }
      for (const { id } of (await call("GET", "")).body.data) await call("DELETE", `/${id}`);
      expect([directories(), still.machines()]).toEqual([[], []]);
    }
  },
  60_000,
);

test("execs that are to start a computer that does not run all do, whatever is under way", async () => {
  const { id, name } = await begin("stopped");
  const hold = held.hold(2);
  const wake = () => call("POST", `/${id}/exec?start=1`, { command: "true" });
  const first = wake();
  await hold.reached;
  const others = [wake(), wake(), wake()];
  hold.release();
  for (const { status } of await Promise.all([first, ...others])) expect(status).toBe(200);
  const stopping = ask("suspend", id, name);
  const after = wake();
  await stopping;
  expect((await after).status).toBe(200);
  await call("DELETE", `/${id}`);
});

test("the table in the docs is this one", () => {
  const docs = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  const begin = docs.indexOf("## Verbs that meet");
  const lines = docs
    .slice(begin)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .slice(0, 2 + Object.keys(TABLE).length)
    .map(cells);
  const words = { done: "done", so: "is so", "409": "409" };
  expect(lines[0]).toEqual(["the computer is", ...VERBS.map((verb) => (verb === "create" ? "create, same name" : verb))]);
  expect(lines.slice(2)).toEqual(Object.entries(TABLE).map(([state, outcomes]) => [state, ...VERBS.map((verb) => words[outcomes[verb]])]));
});
