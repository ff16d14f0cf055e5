import type { VitrineError } from "../../contract/errors.ts";
import { type Engine, lastErrorOf, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";

export interface Ailments {
  begin(error: VitrineError): void;
  end(code: VitrineError["code"]): void;
}

/** Says in `last_error` what is the matter with a computer that runs, and takes it back. Never throws. */
export const ailments = (engine: Engine, id: string): Ailments => {
  const say = (last_error: ComputerRecord["last_error"], code: string): void => {
    try {
      const record = engine.store.computers.get(id);
      if (record?.status !== "running" || (last_error === null && record.last_error?.code !== code)) return;
      update(engine, id, { last_error });
    } catch (error) {
      engine.log.error({ computer: id, err: error }, "what is the matter with it could not be written down");
    }
  };
  return {
    begin: (error) => say(lastErrorOf(error), error.code),
    end: (code) => say(null, code),
  };
};
