import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheDir } from "../../../src/contract/local.ts";
import { processesIn } from "../../support/machine-processes.ts";
import type { ServiceProcess } from "../../support/service-process.ts";
import type { Client } from "./client.ts";
import type { Known } from "./fleet.ts";
import { filesOf } from "./gauges.ts";
import { readBack } from "./operations/files.ts";
import { deleteOne, listAll } from "./operations/machines.ts";
import { wrapUp } from "./operations/screen.ts";
import { encodersIn, machinesIn } from "./victims.ts";

/** Milliseconds for what ends by itself to have ended. */
const SETTLE_MS = 30_000;
/** Descriptors that a service may have more than a fresh one: connections that are kept for the next call. */
const SPARE_FILES = 8;

/** Looks until `problem` finds none any more; what it finds at the end is one. */
const settles = async (client: Client, problem: () => string | null): Promise<void> => {
  const deadline = Date.now() + SETTLE_MS;
  let found = problem();
  while (found !== null && Date.now() < deadline) {
    await sleep(250);
    found = problem();
  }
  if (found !== null) client.fleet.violated(found);
};

const differ = (what: string, found: string[], wanted: string[]): string | null => {
  const [a, b] = [found, wanted].map((list) => [...new Set(list)].sort().join(" "));
  return a === b ? null : `${what}: there are [${a}], and there should be [${b}]`;
};

/** Files and sockets that a verb has for a while only, by their paths in the data directory. */
const leftovers = (dataDir: string, running: ReadonlySet<string>): string[] => {
  const computers = join(dataDir, "computers");
  return readdirSync(computers).flatMap((id) =>
    readdirSync(join(computers, id), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(new|tmp|fw)$|^fork_/.test(name) || (!running.has(id) && lstatSync(join(computers, id, name)).isSocket()))
      .map((name) => join(id, name)),
  );
};

/** Every computer can be started, and its files are what was promised. */
const settleComputer = async (client: Client, known: Known): Promise<void> => {
  const started = await client.call(known, {}, () => known.computer.start());
  known.status = started.is === "done" ? started.value.status : null;
  if (known.status !== "running")
    return client.violated(`it cannot be started: ${started.is === "refused" ? started.code : started.is}`, known);
  for (const path of known.files.paths()) await readBack(client, known, path);
};

/** Holds what there is against what was promised, when nothing happens any more. */
export const reckon = async (client: Client, service: ServiceProcess): Promise<void> => {
  const { fleet, vitrine } = client;
  const { dataDir } = service;
  for (const known of fleet.known.values()) if (known.fate === "leaving") await deleteOne(client, known);
  const here = fleet.here();
  await Promise.all(here.map((known) => settleComputer(client, known)));
  const ids = here.map(({ id }) => id);
  const listed = await listAll(vitrine, 100);
  const problem = differ(
    "computers in the list",
    listed.map(({ id }) => id),
    ids,
  );
  if (problem) fleet.violated(problem);
  for (const one of listed) {
    const { status } = await vitrine.computers.get(one.name);
    if (status !== one.status) fleet.violated(`${one.id} is ${one.status} in the list and ${status} by itself`);
  }
  const running = new Set(ids);
  await settles(client, () =>
    differ(
      "machines",
      machinesIn(dataDir).map(({ id }) => id),
      ids,
    ),
  );
  await settles(client, () => differ("directories", readdirSync(join(dataDir, "computers")), ids));
  await settles(client, () => differ("leftovers", leftovers(dataDir, running), []));

  for (const known of fleet.known.values()) for (const id of [...known.recordings]) await wrapUp(client, known, id);
  await Promise.all(here.map((known) => deleteOne(client, known)));
  await settles(client, () => differ("processes", processesIn(dataDir).map(String), []));
  await settles(client, () => differ("directories", readdirSync(join(dataDir, "computers")), []));
  await settles(client, () => differ("encoders", encodersIn(dataDir).map(String), []));
  for (const known of fleet.known.values()) {
    const { status } = await vitrine.computers.get(known.id);
    if (status !== "deleted") fleet.violated(`${known.id} was deleted and is ${status}`);
  }
};

/** A service that has nothing left to do holds no more open than one that has never had. */
export const reckonFiles = (client: Client, pid: number, fresh: number): Promise<void> =>
  settles(client, () => {
    const now = filesOf(pid);
    return now > fresh + SPARE_FILES ? `${now} descriptors are open, and ${fresh} were at first` : null;
  });

/** What the store holds of computers that are gone, when the service has ended; and what templates know of them. */
export const reckonStore = (client: Client, { dataDir }: ServiceProcess): void => {
  const db = new DatabaseSync(join(dataDir, "vitrine.db"));
  try {
    for (const table of ["journal", "links", "published_ports", "recordings"]) {
      const { count } = db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number };
      if (count > 0) client.fleet.violated(`${count} rows are left in ${table}`);
    }
  } finally {
    db.close();
  }
  const videos = join(dataDir, "recordings");
  if (existsSync(videos) && readdirSync(videos).length > 0) client.fleet.violated(`recordings are left: ${readdirSync(videos).join(", ")}`);
  const templates = join(cacheDir(process.env), "templates");
  for (const template of readdirSync(templates)) {
    const refs = join(templates, template, "refs");
    for (const ref of existsSync(refs) ? readdirSync(refs) : []) {
      if (readlinkSync(join(refs, ref)).startsWith(dataDir)) client.fleet.violated(`template ${template} still has a reference to ${ref}`);
    }
  }
};
