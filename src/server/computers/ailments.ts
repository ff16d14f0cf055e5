import type { VitrineError } from "../../contract/errors.ts";
import { type Engine, update } from "./engine.ts";

export interface Ailments {
  begin(error: VitrineError): void;
  end(code: VitrineError["code"]): void;
}

/** Says in `last_error` what is the matter with a computer that runs, and takes it back. Never throws. */
export const ailments = (engine: Engine, id: string): Ailments => {
  const say = (last_error: { code: string; message: string } | null, code: string): void => {
    try {
      const record = engine.store.computers.get(id);
      if (record?.status !== "running" || (last_error === null && record.last_error?.code !== code)) return;
      update(engine, id, { last_error });
    } catch (error) {
      engine.log.error({ computer: id, err: error }, "what is the matter with it could not be written down");
    }
  };
  return {
    begin: ({ code, message }: VitrineError) => say({ code, message }, code),
    end: (code: VitrineError["code"]) => say(null, code),
  };
};
