import { type Engine, ServiceEnding } from "./engine.ts";
import { stop } from "./stop.ts";

/**
 * Suspends every computer that runs, `atOnce` of them at a time. When `ms` milliseconds have passed, those that are not suspended yet run on, like those with which it fails; all of
 * these are named in the log.
 */
export const suspendAll = async (engine: Engine, atOnce: number, ms: number): Promise<void> => {
  const running = engine.store.computers.living().filter(({ status }) => status === "running");
  const late = AbortSignal.timeout(ms);
  late.addEventListener("abort", () => {
    for (const { id } of running) engine.operations.get(id)?.abort.abort(new ServiceEnding());
  });
  const left: string[] = [];
  const next = async (): Promise<void> => {
    for (let record = running.shift(); record; record = running.shift()) {
      const { name } = record;
      try {
        late.throwIfAborted();
        await stop(engine, record, "suspend");
      } catch (error) {
        engine.log.error({ computer: record.id, err: error }, "could not be suspended");
        left.push(name);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  if (left.length > 0) engine.log.warn({ computers: left }, "these computers run on");
};
