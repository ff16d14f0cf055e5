import { expect, test, vi } from "vitest";
import type { Display } from "../../../src/server/display/display.ts";
import { settled } from "../../../src/server/display/settled.ts";
import { never, startDesktop } from "./desktop.ts";

/** A display whose damage the test makes, on a clock that the test moves. */
const fake = () => {
  const listeners = new Set<() => void>();
  const display: Pick<Display, "onDamage"> = {
    onDamage: (listener) => {
      const own = () => listener([]);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
  };
  const draw = () => {
    for (const listener of listeners) listener();
  };
  return { display, draw, listeners };
};

test("waits until nothing was drawn for a while, and no longer than the cap", async () => {
  vi.useFakeTimers();
  try {
    const { display, draw, listeners } = fake();
    let isSettled = false;
    void settled(display, { quietMs: 100, capMs: 1000 }, never).then(() => {
      isSettled = true;
    });
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(90);
      draw();
    }
    expect(isSettled).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect([isSettled, listeners.size]).toEqual([true, 0]);

    isSettled = false;
    void settled(display, { quietMs: 100, capMs: 1000 }, never).then(() => {
      isSettled = true;
    });
    for (let i = 0; i < 19; i++) {
      await vi.advanceTimersByTimeAsync(50);
      draw();
    }
    expect(isSettled).toBe(false);
    await vi.advanceTimersByTimeAsync(50);
    expect([isSettled, listeners.size, vi.getTimerCount()]).toEqual([true, 0, 0]);
  } finally {
    vi.useRealTimers();
  }
});

test("ends with its signal", async () => {
  const { display, listeners } = fake();
  const abort = new AbortController();
  const wait = settled(display, { quietMs: 60_000, capMs: 60_000 }, abort.signal);
  abort.abort(new Error("enough"));
  await expect(wait).rejects.toThrow("enough");
  await expect(settled(display, { quietMs: 1, capMs: 1 }, abort.signal)).rejects.toThrow("enough");
  expect(listeners.size).toBe(0);
});

test("sees a real screen come to rest", async () => {
  const { program, open } = await startDesktop();
  const client = await open();
  await client.refresh(never);
  let drawing = true;
  const draw = (async () => {
    for (let i = 0; drawing; i++) {
      await program.fill(i * 999, 10, 10, 50, 50);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  let isSettled = false;
  const wait = settled(client, { quietMs: 900, capMs: 60_000 }, never).then(() => {
    isSettled = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(isSettled).toBe(false);
  drawing = false;
  await draw;
  await wait;
  client.close();
});
