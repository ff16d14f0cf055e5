import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CreateComputer } from "../../../src/contract/computer.ts";
import type { Engine } from "../../../src/server/computers/engine.ts";
import type { ComputerRecord } from "../../../src/server/computers/record.ts";
import { startSizes } from "../../../src/server/computers/sizes.ts";
import type { shapeOf } from "../../../src/server/templates/shape.ts";

let built: { width: number; often: boolean | undefined }[];
let admitted: number;
let fails: Error | null;
let finish: PromiseWithResolvers<void>;
let signal: AbortSignal | null;
let engine: Engine;
let sizes: ReturnType<typeof startSizes>;

beforeEach(() => {
  built = [];
  admitted = 0;
  fails = null;
  finish = Promise.withResolvers();
  signal = null;
  engine = {
    events: new EventEmitter(),
    preparing: new Set(),
    store: { computers: { get: () => null } },
    log: { info: () => {}, warn: () => {} },
    admit: () => void admitted++,
    image: async () => ({}),
    template: async (shape: ReturnType<typeof shapeOf>, _image: unknown, within: AbortSignal, { often }: { often?: boolean } = {}) => {
      built.push({ width: shape.viewport.width, often });
      signal = within;
      if (fails) throw fails;
      await finish.promise;
      return null;
    },
  } as unknown as Engine;
  sizes = startSizes(engine, 0);
});
afterEach(async () => {
  finish.resolve();
  await sizes.close();
});

/** What is to be begun has been. */
const idle = async (): Promise<void> => {
  await sleep(20);
};

const ask = async (width: number, ram_mb = 2048): Promise<void> => {
  const { name: _, ...spec } = CreateComputer.parse({ ram_mb, browser: { viewport: { width, height: 700 } } });
  engine.events.emit("resized", { spec } as ComputerRecord);
  await idle();
};

test("a size that is asked for again gets a template of its own, one at a time, and takes its place on the host meanwhile", async () => {
  await ask(1000);
  await ask(1100);
  await ask(1000, 4096);
  expect(built).toEqual([]);
  await ask(1000);
  await ask(1100);
  expect(built).toEqual([{ width: 1000, often: true }]);
  expect([admitted, engine.preparing.size]).toEqual([1, 1]);
  finish.resolve();
  await idle();
  expect(engine.preparing.size).toBe(0);
  // What had to wait is built when it is asked for next.
  await ask(1100);
  expect(built.map(({ width }) => width)).toEqual([1000, 1100]);
});

test("one that cannot be built is tried again after two more", async () => {
  fails = new Error("no room");
  await ask(1000);
  await ask(1000);
  expect(engine.preparing.size).toBe(0);
  await ask(1000);
  expect(built).toHaveLength(1);
  await ask(1000);
  expect(built).toHaveLength(2);
});

test("the end of the service ends what is built, and nothing is begun after it", async () => {
  await ask(1000);
  await ask(1000);
  const closed = sizes.close();
  expect(signal?.aborted).toBe(true);
  finish.resolve();
  await closed;
  await ask(1100);
  await ask(1100);
  expect(built).toHaveLength(1);
});
