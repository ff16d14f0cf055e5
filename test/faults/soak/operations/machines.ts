import type { Computer, Status, Vitrine } from "../../../../src/client/index.ts";
import { STATUSES } from "../../../../src/contract/computer.ts";
import type { Client, Operation, Outcome } from "../client.ts";
import type { FileBook } from "../file-book.ts";
import type { Known } from "../fleet.ts";
import type { Terms } from "../judge.ts";

/** At most this many computers, one of which has a browser: what a small host takes. */
const MOST = 6;
const REFUSALS = ["capacity_exceeded"] as const;
/** All computers, `limit` in a page. */
export const listAll = async (vitrine: Vitrine, limit: number): Promise<Computer[]> => {
  const all: Computer[] = [];
  for await (const computer of vitrine.computers.all({ limit })) all.push(computer);
  return all;
};

const isRunning = ({ status }: Known) => status === "running";

/** What was to be made may be there: by its name it is found. Its answer was lost when the service was killed, so the next one has either finished or undone it. */
const find = async (client: Client, name: string, files?: FileBook): Promise<void> => {
  const outcome = await client.call(null, { may: ["computer_not_found"] }, () => client.vitrine.computers.get(name));
  if (outcome.is === "unknown") return find(client, name, files);
  if (outcome.is !== "done") return;
  const known = client.fleet.add(outcome.value, files, null);
  if (outcome.value.status !== "running") client.violated(`it was half made, and is ${outcome.value.status}`, known);
};

/** Makes computers with these names; all are counted from the beginning. */
const make = async (client: Client, names: string[], work: () => Promise<Outcome<Computer[]>>, copies?: () => FileBook): Promise<void> => {
  const { fleet } = client;
  fleet.expected += names.length;
  try {
    const outcome = await work();
    if (outcome.is === "done") for (const computer of outcome.value) fleet.add(computer, copies?.());
    if (outcome.is === "unknown") for (const name of names) await find(client, name, copies?.());
  } finally {
    fleet.expected -= names.length;
  }
};

/** A verb on one computer, which may change its status. `then`: the status that it leads to; null: the one that was. */
const changing = async <T>(
  client: Client,
  known: Known,
  terms: Terms,
  then: Status | null,
  work: () => Promise<T>,
): Promise<Outcome<T>> => {
  const { fleet } = client;
  const was = known.verbs === 0 ? known.status : null;
  known.stirs++;
  const { stirs } = known;
  const outages = fleet.outages;
  // What it is judged by is how things were without it.
  const call = client.call(known, terms, work);
  known.verbs++;
  known.status = null;
  const outcome = await call;
  known.verbs--;
  const calm = known.verbs === 0 && known.stirs === stirs && outages === fleet.outages;
  known.stirs++;
  if (calm && outcome.is === "done") known.status = then ?? was;
  else if (calm && outcome.is === "refused") known.status = was;
  // A verb that failed may have ended the machine.
  if (outcome.is === "unknown") known.files.memoryLost();
  return outcome;
};

const room = ({ fleet }: Client): number => MOST - fleet.here().length - fleet.expected;

export const create: Operation = {
  name: "create",
  weight: 10,
  run: async (client) => {
    if (room(client) < 1) return;
    const { fleet, vitrine } = client;
    const name = client.newName();
    const browser = !fleet.here().some(({ computer }) => computer.browser !== null);
    const spec = browser ? ({ template: "browser", ram_mb: 1536 } as const) : ({ template: "scratch", ram_mb: 512 } as const);
    await make(client, [name], async () => {
      const outcome = await client.call(null, { may: REFUSALS }, () => vitrine.computers.create({ name, ...spec }));
      return outcome.is === "done" ? { is: "done", value: [outcome.value] } : outcome;
    });
  },
};

const clash: Operation = {
  name: "create again",
  weight: 1,
  run: async (client) => {
    const known = client.some();
    if (!known) return;
    const outcome = await client.call(null, { may: ["name_taken", ...REFUSALS] }, () =>
      client.vitrine.computers.create({ name: known.name, template: "scratch", ram_mb: 512 }),
    );
    if (outcome.is !== "done") return;
    if (known.fate === "here") client.violated("two have its name", known);
    client.fleet.add(outcome.value);
  },
};

const fork: Operation = {
  name: "fork",
  weight: 3,
  run: async (client) => {
    const count = client.random.chance(0.3) ? 2 : 1;
    const parent = client.some(({ computer }) => computer.browser === null);
    if (!parent || room(client) < count) return;
    const name = client.newName();
    const names = count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
    const cut = parent.files.copy();
    const terms: Terms = { needs: ["running", "restorable", "stopped"], may: REFUSALS, takes: "agent" };
    const work = () => changing(client, parent, terms, null, () => parent.computer.fork({ count, name }));
    // Each is a copy of what had been cut by then.
    await make(client, names, work, () => cut.copy());
    parent.files.copied(cut);
  },
};

const stop: Operation = {
  name: "stop",
  weight: 4,
  run: async (client) => {
    const mode = client.random.chance(0.6) ? ("suspend" as const) : ("shutdown" as const);
    const known = client.some(isRunning) ?? client.some();
    if (!known) return;
    const then = mode === "suspend" && known.status !== "stopped" ? "restorable" : "stopped";
    if (mode === "shutdown") known.files.memoryLost();
    await changing(client, known, { needs: ["running", "restorable", "stopped"] }, then, () => known.computer.stop({ mode }));
  },
};

const start: Operation = {
  name: "start",
  weight: 8,
  run: async (client) => {
    const known = client.some(({ status }) => status !== "running") ?? client.some();
    if (!known) return;
    const before = client.fleet.before(known);
    const terms: Terms = { needs: ["running", "stopped", "restorable", "error"], may: REFUSALS };
    const outcome = await changing(client, known, terms, "running", () => known.computer.start());
    if (outcome.is !== "done" || !outcome.value.last_error) return;
    known.files.memoryLost();
    if (before.status === "restorable" && before.stirs + 2 === known.stirs && client.fleet.servedSince(before))
      client.violated(`its memory was not kept: ${outcome.value.last_error.message}`, known);
  },
};

/** Those that are deleted one after another while the soak runs. */
export const deleteOne = async (client: Client, known: Known): Promise<void> => {
  known.fate = "leaving";
  const outcome = await changing(client, known, {}, "deleted", () => known.computer.delete());
  if (outcome.is === "done") known.fate = "gone";
  else if (outcome.is === "unknown") return deleteOne(client, known);
};

const remove: Operation = {
  name: "delete",
  weight: 4,
  run: async (client) => {
    // One that is deleted already is, too: that is a success.
    const known = client.random.chance(0.1) ? client.random.pick([...client.fleet.known.values()]) : client.some();
    if (!known || (known.fate === "here" && client.fleet.here().length < 3)) return;
    if (known.fate !== "gone") return deleteOne(client, known);
    await client.call(null, { may: [] }, () => known.computer.delete());
  },
};

const get: Operation = {
  name: "get",
  weight: 8,
  run: async (client) => {
    const known = client.random.pick([...client.fleet.known.values()]);
    if (!known) return;
    const { fleet } = client;
    const before = fleet.before(known);
    const outcome = await client.call(null, { may: known.fate === "here" ? [] : ["computer_not_found"] }, () =>
      client.vitrine.computers.get(known.id),
    );
    if (outcome.is !== "done") return;
    const { status, name } = outcome.value;
    if (!STATUSES.includes(status)) client.violated(`there is no status ${status}`, known);
    if (name !== known.name) client.violated(`it is called ${name}`, known);
    if (before.fate === "gone" && status !== "deleted") client.violated(`it is ${status} although it was deleted`, known);
    if (known.fate === "here" && (status === "deleted" || status === "deleting"))
      client.violated(`it is ${status} although nobody asked`, known);
    if (!fleet.calmSince(known, before) || !fleet.servedSince(before) || known.fate !== "here") return;
    if (before.status !== null && before.status !== status) client.violated(`it is ${status}, and was left ${before.status}`, known);
    known.status = status;
  },
};

const list: Operation = {
  name: "list",
  weight: 5,
  run: async (client) => {
    const { fleet, vitrine } = client;
    const here = fleet.here();
    const gone = [...fleet.known.values()].filter(({ fate }) => fate === "gone");
    const limit = client.random.chance(0.5) ? 2 : 100;
    const outcome = await client.call(null, {}, () => listAll(vitrine, limit));
    if (outcome.is !== "done") return;
    const listed = new Set(outcome.value.map(({ id }) => id));
    for (const known of here) if (known.fate === "here" && !listed.has(known.id)) client.violated("it is not in the list", known);
    for (const known of gone) if (listed.has(known.id)) client.violated("it is in the list although it was deleted", known);
    const names = outcome.value.map(({ name }) => name);
    if (new Set(names).size < names.length) client.violated(`a name is there twice: ${names.join(", ")}`);
  },
};

export const machineOperations: readonly Operation[] = [create, clash, fork, stop, start, remove, get, list];
