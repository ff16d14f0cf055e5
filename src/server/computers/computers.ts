import type { CreateComputer } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import { create } from "./create.ts";
import { remove } from "./delete.ts";
import type { Engine, Live } from "./engine.ts";
import { fork } from "./fork.ts";
import type { ComputerRecord } from "./record.ts";
import { start } from "./start.ts";
import { type StopMode, stop } from "./stop.ts";

/** The domain as the API sees it: the verbs, and the way to a running computer's guest. */
export const computers = (engine: Engine) => ({
  create: (request: CreateComputer) => create(engine, request),
  /** Throws computer_not_found, here and below. */
  get: (idOrName: string): ComputerRecord => engine.store.computers.require(idOrName),
  find: (idOrName: string): ComputerRecord | null => engine.store.computers.get(idOrName),
  list: engine.store.computers.list,
  start: (idOrName: string) => start(engine, idOrName),
  stop: (idOrName: string, mode?: StopMode) => stop(engine, idOrName, mode),
  fork: (idOrName: string, count: number, name?: string) => fork(engine, idOrName, count, name),
  remove: (idOrName: string) => remove(engine, idOrName),
  /** The running computer; throws wrong_state with the verb when it does not run. */
  running: (idOrName: string, verb: string): { record: ComputerRecord; live: Live } => {
    const record = engine.store.computers.require(idOrName);
    const live = record.status === "running" ? engine.live.get(record.id) : undefined;
    if (!live) throw new VitrineError("wrong_state", { status: record.status, verb, needs: "running" });
    return { record, live };
  },
  live: (id: string): Live | undefined => engine.live.get(id),
  /** Resolves when no verb is under way on the computer. */
  settled: async (id: string): Promise<ComputerRecord> => {
    await engine.operations.get(id)?.done;
    return engine.store.computers.require(id);
  },
  onChange: (listener: (record: ComputerRecord) => void): (() => void) => {
    engine.events.on("change", listener);
    return () => engine.events.off("change", listener);
  },
});
export type Computers = ReturnType<typeof computers>;
