import type { CreateComputer } from "../../../contract/computer.ts";
import { VitrineError } from "../../../contract/errors.ts";
import { type Caller, OPERATOR } from "../../auth/caller.ts";
import type { AllComputers } from "../../computers/computers.ts";
import type { Log } from "../../computers/engine.ts";
import type { ComputerRecord } from "../../computers/record.ts";
import type { EphemeralStore } from "../../store/ephemeral.ts";

export interface EphemeralPorts {
  computers: AllComputers;
  store: EphemeralStore;
  log: Log;
}

/** Computers that are there for one piece of work, and end with it: whatever becomes of the work, of its client, or of this service. */
export const ephemeralComputers = ({ computers, store, log }: EphemeralPorts) => {
  const open = new Set<string>();
  const closing = new AbortController();

  /** The operator's hands, since a key may be revoked meanwhile. What cannot be removed now is tried again at the next start. */
  const end = async (id: string): Promise<void> => {
    try {
      await computers.of(OPERATOR).remove(id);
      store.remove(id);
    } catch (error) {
      log.error({ computer: id, err: error }, "an ephemeral computer could not be deleted");
    }
  };

  return {
    /**
     * Makes a computer for `work` and deletes it when that is over, or as soon as `parent` aborts, also while it is being made. Rejects as create and `work` do, or with the
     * signal's reason.
     */
    use: async (
      caller: Caller,
      request: CreateComputer,
      parent: AbortSignal,
      work: (record: ComputerRecord) => Promise<unknown>,
    ): Promise<void> => {
      const signal = AbortSignal.any([parent, closing.signal]);
      signal.throwIfAborted();
      const { record, whole } = computers.of(caller).create(request);
      // A service that dies before this undoes the create, as it does that of any computer.
      store.add(record.id);
      open.add(record.id);
      const onAbort = () => void end(record.id);
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        await work(await whole);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener("abort", onAbort);
        await end(record.id);
        open.delete(record.id);
      }
    },
    /** Ends what a service left that died. Answers at once; the rest goes on by itself. */
    clear: (): void => {
      for (const id of store.list()) {
        if (computers.of(OPERATOR).find(id)) void end(id);
        else store.remove(id);
      }
    },
    /** Ends all; what is not done when the service is gone is finished by the next one. */
    close: async (): Promise<void> => {
      closing.abort(new VitrineError("service_stopping"));
      await Promise.all([...open].map(end));
    },
  };
};
export type Ephemeral = ReturnType<typeof ephemeralComputers>;
