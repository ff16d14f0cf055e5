import { afterEach, expect, test, vi } from "vitest";
import { alarm } from "../../src/server/alarm.ts";

afterEach(() => vi.useRealTimers());

test("an alarm rings once at its time, also later than a timer can wait, and not when it is called off", () => {
  vi.useFakeTimers();
  const [soon, late, past, off] = [vi.fn(), vi.fn(), vi.fn(), vi.fn()];
  const month = 30 * 86400_000;
  alarm(Date.now() + 1000, soon);
  alarm(Date.now() + month, late);
  alarm(Date.now() - 1000, past);
  const callOff = alarm(Date.now() + month, off);
  vi.advanceTimersByTime(0);
  expect(past).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(999);
  expect(soon).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(soon).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(month - 1001);
  expect(late).not.toHaveBeenCalled();
  callOff();
  vi.advanceTimersByTime(2 * month);
  expect(late).toHaveBeenCalledOnce();
  expect(off).not.toHaveBeenCalled();
});
