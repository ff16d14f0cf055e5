import type { CreateComputer } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { Event } from "../../contract/events.ts";
import type { CreateSnapshot } from "../../contract/snapshots.ts";
import { type Caller, ownerOf, sees } from "../auth/caller.ts";
import type { ListFilter } from "../store/computers.ts";
import { create } from "./create.ts";
import { remove } from "./delete.ts";
import type { Engine, Live } from "./engine.ts";
import { explain } from "./explain.ts";
import { fork } from "./fork.ts";
import { type NetworkChange, networkOf, setNetwork, tryNetwork } from "./network.ts";
import { profilesOf } from "./profile/profiles.ts";
import type { ComputerRecord } from "./record.ts";
import { removeSnapshot } from "./snapshots/remove.ts";
import { restoreSnapshot } from "./snapshots/restore.ts";
import { take } from "./snapshots/take.ts";
import { start } from "./start.ts";
import { type StopMode, stop } from "./stop.ts";

/**
 * The domain as one caller sees it: the verbs, and the way to a running computer's guest. Whatever comes from outside, an id or a name, is looked up here and
 * nowhere else, so what is another key's is not there.
 */
const computersOf = (engine: Engine, caller: Caller) => {
  const { store } = engine;
  const find = (idOrName: string): ComputerRecord | null => {
    const record = store.computers.get(idOrName);
    return record && sees(caller, record.id, record.key_id) ? record : null;
  };
  const some = (idOrName: string, record: ComputerRecord | null): ComputerRecord => {
    if (!record) throw new VitrineError("computer_not_found", { id: idOrName.slice(0, 64) });
    return record;
  };
  /** Throws computer_not_found, here and below. */
  const get = (idOrName: string): ComputerRecord => some(idOrName, find(idOrName));
  /** The running computer; throws wrong_state with the verb when it does not run. */
  const running = (idOrName: string, verb: string): { record: ComputerRecord; live: Live } => {
    const record = get(idOrName);
    const live = record.status === "running" ? engine.live.get(record.id) : undefined;
    if (!live) throw new VitrineError("wrong_state", { status: record.status, verb, needs: "running" });
    return { record, live };
  };

  return {
    get,
    find,
    create: (request: CreateComputer) => create(engine, caller, request),
    list: (filter: Omit<ListFilter, "keyId">) => store.computers.list({ ...filter, keyId: ownerOf(caller) }),
    start: async (idOrName: string) => start(engine, caller, get(idOrName)),
    /** Resolves when it runs: waits for a verb that is under way, and starts it if it does not run then. */
    wake: async (idOrName: string): Promise<void> => {
      for (;;) {
        const record = get(idOrName);
        const under = record.status === "running" ? undefined : engine.operations.get(record.id);
        if (!under) return void (await start(engine, caller, record));
        await under.done;
      }
    },
    stop: async (idOrName: string, mode?: StopMode) => stop(engine, get(idOrName), mode),
    network: (idOrName: string) => networkOf(engine, get(idOrName)),
    tryNetwork: (idOrName: string, change: NetworkChange, told: readonly Event[]) => tryNetwork(engine, get(idOrName), change, told),
    setNetwork: async (idOrName: string, change: NetworkChange) => setNetwork(engine, get(idOrName), change),
    fork: async (idOrName: string, count: number, name?: string) => fork(engine, caller, get(idOrName), count, name),
    takeSnapshot: async (idOrName: string, wanted: CreateSnapshot) => take(engine, get(idOrName), wanted),
    snapshots: (idOrName: string) => store.snapshots.ofComputer(get(idOrName).id),
    /** False when it has no such snapshot. */
    removeSnapshot: async (idOrName: string, id: string): Promise<boolean> => {
      const record = get(idOrName);
      const snapshot = store.snapshots.get(id);
      if (snapshot?.computer_id !== record.id) return false;
      await removeSnapshot(engine, record, snapshot);
      return true;
    },
    restoreSnapshot: async (idOrName: string, id: string): Promise<ComputerRecord> => {
      const record = get(idOrName);
      const snapshot = store.snapshots.get(id);
      if (snapshot?.computer_id !== record.id) throw new VitrineError("snapshot_not_found", { id });
      return restoreSnapshot(engine, record, snapshot);
    },
    /** Takes the name of one that is deleted, too. */
    remove: async (idOrName: string) =>
      remove(engine, some(idOrName, find(idOrName) ?? store.computers.lastNamed(idOrName, ownerOf(caller))).id),
    running,
    profiles: profilesOf(engine, caller),
    /** The same, for what would be done to the last picture of one that is frozen, as if it were none. Throws guest_unresponsive. */
    answering: (idOrName: string, verb: string): { record: ComputerRecord; live: Live } => {
      const found = running(idOrName, verb);
      if (!found.live.guest.alive) throw new VitrineError("guest_unresponsive");
      return found;
    },
    /** What a call on a computer is to answer that failed with `error`. */
    explain: async (idOrName: string, error: unknown): Promise<unknown> => explain(engine, find(idOrName)?.id ?? "", error),
    /** Resolves when no verb is under way on the computer. */
    settled: async (id: string): Promise<ComputerRecord> => {
      await engine.operations.get(get(id).id)?.done;
      return get(id);
    },
    onChange: (listener: (record: ComputerRecord) => void): (() => void) => {
      const onChange = (record: ComputerRecord) => {
        if (sees(caller, record.id, record.key_id)) listener(record);
      };
      engine.events.on("change", onChange);
      return () => engine.events.off("change", onChange);
    },
  };
};
export type Computers = ReturnType<typeof computersOf>;

/** The computers, of which nobody sees more than he is meant to. */
export const computers = (engine: Engine) => ({
  of: (caller: Caller): Computers => computersOf(engine, caller),
  live: ({ id }: ComputerRecord): Live | undefined => engine.live.get(id),
  workspaceBytes: ({ id }: ComputerRecord): number => engine.machines.bytesOf(engine.directory(id), "workspace"),
  usage: (keyId: string) => engine.store.computers.usage(keyId),
});
export type AllComputers = ReturnType<typeof computers>;
