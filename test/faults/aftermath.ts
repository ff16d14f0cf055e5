import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { ServiceProcess } from "../support/service-process.ts";

const UNDER_WAY = ["creating", "starting", "stopping", "restoring", "deleting"];

/** Runs SQL on a service's database. One that runs keeps it to itself, so what it has written is looked at in a copy. */
export const inDatabase = <T>(dataDir: string, work: (db: DatabaseSync) => T, { copy = false } = {}): T => {
  const dir = copy ? mkdtempSync(join(tmpdir(), "vd-")) : dataDir;
  if (copy)
    for (const name of ["vitrine.db", "vitrine.db-wal"])
      if (existsSync(join(dataDir, name))) copyFileSync(join(dataDir, name), join(dir, name));
  const db = new DatabaseSync(join(dir, "vitrine.db"));
  try {
    return work(db);
  } finally {
    db.close();
    if (copy) rmSync(dir, { recursive: true });
  }
};

/** Waits until no verb is under way any more, and answers what there is: id by status. */
export const settled = async ({ vitrine }: ServiceProcess): Promise<Map<string, string>> => {
  const all = async () => new Map((await vitrine.computers.list()).data.map(({ id, status }) => [id, status]));
  await expect
    .poll(async () => [...(await all()).values()].filter((status) => UNDER_WAY.includes(status)), { timeout: 120_000 })
    .toEqual([]);
  return all();
};

/** Files of a computer's directory that no verb leaves behind. */
const leftIn = (dir: string): string[] => {
  const names = readdirSync(dir);
  const bases = readFileSync(join(dir, "bases.json"), "utf8");
  return names.filter((name) => /^fork_|\.new$|\.fw$/.test(name) || (/^[a-z]+-[0-9a-f]{16}\.qcow2$/.test(name) && !bases.includes(name)));
};

const cwdOf = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
};

/** Fails when anything is there that is not some computer's or recording's, or the journal has something open. */
export const expectNothingLeft = async (service: ServiceProcess): Promise<void> => {
  const computers = await settled(service);
  const root = join(service.dataDir, "computers");
  const running = [...computers].filter(([, status]) => status === "running").map(([id]) => id);
  // A process may be on its way out.
  const machines = () => service.processes("qemu-system").map((pid) => basename(cwdOf(pid)));
  await expect.poll(() => machines().sort(), { timeout: 20_000 }).toEqual(running.sort());
  const elsewhere = () =>
    service
      .processes()
      .filter((pid) => dirname(cwdOf(pid)) === root && !running.includes(basename(cwdOf(pid).replace(/ \(deleted\)$/, ""))));
  await expect.poll(elsewhere, { timeout: 20_000 }).toEqual([]);
  await expect.poll(() => service.directories().sort(), { timeout: 20_000 }).toEqual([...computers.keys()].sort());
  for (const id of computers.keys()) {
    expect(leftIn(join(root, id)), `left in ${id}`).toEqual([]);
    if (!running.includes(id)) expect(existsSync(join(root, id, "run")), `sockets of ${id}`).toBe(false);
  }
  const kept = inDatabase(
    service.dataDir,
    (db) => ({
      journal: db.prepare("SELECT computer_id, verb, step FROM journal").all(),
      recordings: db.prepare("SELECT id FROM recordings").all(),
    }),
    { copy: true },
  );
  expect(kept.journal).toEqual([]);
  const profiles = join(service.dataDir, "profiles/operator");
  expect(existsSync(profiles) ? readdirSync(profiles).filter((name) => name.endsWith(".new")) : []).toEqual([]);
  expect(readdirSync(join(service.dataDir, "recordings")).sort()).toEqual(kept.recordings.map(({ id }) => String(id)).sort());
};
