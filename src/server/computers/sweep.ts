import { existsSync, readdirSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ProcessIdentity } from "../process/identity.ts";
import type { Engine } from "./engine.ts";
import { isForkState } from "./fork.ts";

/** It has no record, but will have one, or is being made. */
const isPrepared = (engine: Engine, id: string): boolean =>
  engine.waiting.has(id) || [...engine.preparing].some((record) => record.id === id);

const isKnown = (engine: Engine, id: string): boolean => {
  const record = engine.store.computers.get(id);
  return isPrepared(engine, id) || engine.operations.has(id) || (record !== null && record.status !== "deleted");
};

/** A computer's VMM is the one on its record; while a verb is under way there may be another, of which that verb knows. */
const isOwned = (engine: Engine, id: string, { pid, start_time }: ProcessIdentity): boolean => {
  if (isPrepared(engine, id) || engine.operations.has(id)) return true;
  const own = engine.store.computers.get(id)?.machine?.identity;
  return own?.pid === pid && own.start_time === start_time;
};

/**
 * Removes VMMs that are nobody's, directories without a record, and files that a verb was cut off before it removed. Whether something has an owner is asked in
 * the same turn in which its end begins, and a verb makes itself known before it makes anything, so nothing is taken from one that has just begun.
 */
export const sweep = async (engine: Engine): Promise<void> => {
  for (const { name, identity, kill } of await engine.machines.strays(engine.root)) {
    if (isOwned(engine, name, identity)) continue;
    engine.log.warn({ computer: name, pid: identity.pid }, "ending a machine that nobody knows of");
    await kill();
    engine.orphaned("process");
  }
  for (const id of await readdir(engine.root)) {
    // It may have been deleted meanwhile.
    if (!existsSync(engine.directory(id))) continue;
    if (!isKnown(engine, id)) {
      engine.log.warn({ computer: id }, "removing what nobody knows of");
      await engine.machines.destroy(engine.directory(id), null);
      engine.orphaned("directory");
    } else if (!isPrepared(engine, id) && !engine.operations.has(id)) {
      for (const file of tidy(engine, id)) {
        engine.log.warn({ computer: id, file }, "removed what a verb had left");
        engine.orphaned("file");
      }
    }
  }
};

/** Without a wait, so that no verb begins in between. */
const tidy = (engine: Engine, id: string): string[] => {
  const dir = engine.directory(id);
  const states = readdirSync(dir).filter(isForkState);
  for (const name of states) rmSync(join(dir, name), { force: true });
  return [...states, ...engine.machines.tidy(dir)];
};
