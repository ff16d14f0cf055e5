import { expect, test } from "vitest";
import { VitrineError } from "../../src/contract/errors.ts";
import { Semaphore } from "../../src/server/semaphore.ts";

const never = new AbortController().signal;
const gate = (most: number, waiting: number, waitMs = 60_000) =>
  new Semaphore({ most, waiting, waitMs, refusal: (reason) => new VitrineError("too_many_requests", { reason }) });

test("so many are let in, so many wait, and the rest is refused", async () => {
  const one = gate(2, 1);
  await one.enter(never);
  const leave = await one.enter(never);
  const third = one.enter(never);
  await expect(one.enter(never)).rejects.toThrow("2 are under way and 1 wait");
  expect(() => one.requireRoom()).toThrow("2 are under way");
  leave();
  await third;
  expect([one.inside, one.waiting]).toEqual([2, 0]);
  // A place is given back once.
  leave();
  expect(one.inside).toBe(2);
});

test("in the order in which they came, and nobody overtakes", async () => {
  const one = gate(1, 10);
  const order: number[] = [];
  let leave = await one.enter(never);
  const all = [1, 2, 3].map(async (i) => {
    const out = await one.enter(never);
    order.push(i);
    leave = out;
  });
  for (const i of [0, 1, 2]) {
    leave();
    // Comes just as a place is free, and waits behind those who came before.
    if (i === 0) all.push(one.enter(never).then(() => void order.push(4)));
    await all[i];
  }
  leave();
  await all[3];
  expect(order).toEqual([1, 2, 3, 4]);
});

test("who goes away, or has waited too long, leaves its place in the queue to others", async () => {
  const one = gate(1, 2, 20);
  const leave = await one.enter(never);
  const abort = new AbortController();
  const gone = one.enter(abort.signal);
  const late = one.enter(never);
  abort.abort(new Error("went away"));
  await expect(gone).rejects.toThrow("went away");
  await expect(late).rejects.toThrow("the turn did not come within 0.02 s");
  await expect(one.enter(abort.signal)).rejects.toThrow("went away");
  expect([one.inside, one.waiting]).toEqual([1, 0]);
  leave();
  expect(one.inside).toBe(0);
});
