import { setTimeout as sleep } from "node:timers/promises";
import { shapeOf } from "../templates/shape.ts";
import type { Engine } from "./engine.ts";
import { newRecord, prepared } from "./new.ts";
import type { ComputerRecord } from "./record.ts";

/** Whoever has asked for it gets the processors first. Milliseconds. */
const BUILD_AFTER_MS = 2000;

/**
 * A screen that is drawn anew in another size is most of what its create costs, so a size that is asked for a second time gets a template of its own, built behind and one at a
 * time. One that cannot be built for now has to be asked for twice again.
 */
export const startSizes = (engine: Engine, afterMs = BUILD_AFTER_MS): { close(): Promise<void> } => {
  const ended = new AbortController();
  const once = new Set<string>();
  let building: Promise<void> | null = null;

  const build = async ({ spec }: ComputerRecord): Promise<void> => {
    const { width, height } = spec.browser.viewport;
    engine.log.info({ width, height }, "this size of the screen gets a template");
    try {
      await sleep(afterMs, undefined, { signal: ended.signal });
      const record = newRecord(engine, { name: "template", spec, keyId: null });
      const image = await engine.image(spec.template, ended.signal);
      await prepared(engine, record, () => engine.template(shapeOf(spec), image, ended.signal, { often: true }));
      engine.log.info({ width, height }, "this size of the screen has a template");
    } catch (error) {
      if (!ended.signal.aborted) engine.log.warn({ err: error, width, height }, "no template for this size of the screen for now");
    }
  };
  const onResized = (record: ComputerRecord): void => {
    const shape = JSON.stringify(shapeOf(record.spec));
    if (!once.has(shape)) {
      once.add(shape);
      return;
    }
    if (building || ended.signal.aborted) return;
    once.delete(shape);
    building = build(record).finally(() => {
      building = null;
    });
  };
  engine.events.on("resized", onResized);

  return {
    close: async () => {
      ended.abort(new Error("the service is stopping"));
      engine.events.off("resized", onResized);
      await building;
    },
  };
};
