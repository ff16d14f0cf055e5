import { expect, test, vi } from "vitest";
import { ControlLocks } from "../../../src/server/actions/control.ts";
import { createTurns } from "../../../src/server/actions/turns.ts";

const never = new AbortController().signal;
const person = (name = "Ada", ttl_s = 3600) => ({ holder: "person" as const, name, ttl_s });
const agent = (name?: string) => ({ holder: "agent" as const, ...(name !== undefined && { name }), ttl_s: 3600 });
const controlled = expect.objectContaining({ code: "controlled" });

test("a person takes control from anyone, an agent from nobody but itself", () => {
  const control = new ControlLocks();
  expect(control.get("c")).toEqual({ holder: null, name: null, since: null, expires_at: null });
  expect(control.take("c", agent("one"))).toMatchObject({ holder: "agent", name: "one" });
  expect(control.take("c", agent("one"))).toMatchObject({ holder: "agent", name: "one" });
  expect(() => control.take("c", agent("two"))).toThrow(controlled);
  expect(control.take("c", person("Ada"))).toMatchObject({ holder: "person", name: "Ada" });
  expect(() => control.take("c", agent("one"))).toThrow("A person (Ada) drives");
  expect(control.take("c", person("Grace"))).toMatchObject({ name: "Grace" });
  expect(control.take("other", agent())).toMatchObject({ holder: "agent", name: null });
  expect(control.release("c").holder).toBe(null);
  expect(control.release("c").holder).toBe(null);
});

test("actions are refused or wait while a person drives, and go on when they let go", async () => {
  const control = new ControlLocks();
  await control.mayAct("c", "fail", never);
  control.take("c", agent("one"));
  await control.mayAct("c", "fail", never);
  control.take("c", person());
  await expect(control.mayAct("c", "fail", never)).rejects.toMatchObject({ code: "controlled", status: 423, details: { name: "Ada" } });
  let went = false;
  const waiting = control.mayAct("c", "wait", never).then(() => {
    went = true;
  });
  control.take("c", person("Grace"));
  await new Promise(setImmediate);
  expect(went).toBe(false);
  control.release("c");
  await waiting;
});

test("who waits for control gives up with its signal", async () => {
  const control = new ControlLocks();
  control.take("c", person());
  const abort = new AbortController();
  const waiting = control.mayAct("c", "wait", abort.signal);
  abort.abort(new Error("gone"));
  await expect(waiting).rejects.toThrow("gone");
});

test("control ends by itself when its time is up, and taking it again renews it", () => {
  vi.useFakeTimers();
  try {
    const control = new ControlLocks();
    control.take("c", person("Ada", 10));
    vi.advanceTimersByTime(9000);
    control.take("c", person("Ada", 10));
    vi.advanceTimersByTime(9000);
    expect(control.get("c").holder).toBe("person");
    vi.advanceTimersByTime(1000);
    expect(control.get("c").holder).toBe(null);
  } finally {
    vi.useRealTimers();
  }
});

test("what a live page drives is let go of when the page has closed for good, and not when it connects again", () => {
  vi.useFakeTimers();
  try {
    const control = new ControlLocks({ graceMs: 100 });
    const leave = control.watch("c", "page-1");
    control.take("c", person(), "page-1");
    const second = control.watch("c", "page-1");
    leave();
    leave();
    vi.advanceTimersByTime(200);
    expect(control.get("c").holder).toBe("person");
    second();
    vi.advanceTimersByTime(50);
    const back = control.watch("c", "page-1");
    vi.advanceTimersByTime(200);
    expect(control.get("c").holder).toBe("person");
    // Another page comes and goes.
    control.watch("c", "page-2")();
    vi.advanceTimersByTime(200);
    expect(control.get("c").holder).toBe("person");
    back();
    vi.advanceTimersByTime(200);
    expect(control.get("c").holder).toBe(null);
  } finally {
    vi.useRealTimers();
  }
});

test("a page lets go only of what it drives", () => {
  const control = new ControlLocks();
  control.take("c", person(), "page-1");
  expect(control.release("c", "page-2").holder).toBe("person");
  expect(control.release("c", "page-1").holder).toBe(null);
});

test("batches for one computer take turns, and those of another do not wait", async () => {
  const turns = createTurns();
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const wait = { what: "The turn", ms: 5000, signal: never };
  const first = turns("a", wait, async () => {
    order.push("first");
    await gate.promise;
    order.push("first ends");
  });
  const abort = new AbortController();
  const second = turns("a", { ...wait, signal: abort.signal }, async () => void order.push("second"));
  const third = turns("a", wait, async () => void order.push("third"));
  await turns("b", wait, async () => void order.push("other"));
  // One that gives up waiting does not let the next one in.
  abort.abort(new Error("gone"));
  await expect(second).rejects.toThrow("gone");
  await expect(turns("a", { ...wait, ms: 1 }, async () => {})).rejects.toMatchObject({ code: "timeout" });
  expect(order).toEqual(["first", "other"]);
  gate.resolve();
  await Promise.all([first, third]);
  expect(order).toEqual(["first", "other", "first ends", "third"]);
});

test("a batch that fails lets the next one in", async () => {
  const turns = createTurns();
  const wait = { what: "The turn", ms: 5000, signal: never };
  await expect(turns("a", wait, () => Promise.reject(new Error("oh")))).rejects.toThrow("oh");
  expect(await turns("a", wait, async () => 1)).toBe(1);
});
