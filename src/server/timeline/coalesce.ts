import type { EventType } from "../../contract/events.ts";
import type { Emit } from "./timeline.ts";

/** The same thing again within this time is counted, not told. Milliseconds. */
const WINDOW_MS = 10_000;

export interface CoalesceOptions<T extends object> {
  emit: Emit;
  computerId: string;
  type: EventType;
  /** Different things that are told within one window; the rest is counted together. */
  most: number;
  /** Things of one key are the same thing. */
  keyOf(thing: T): readonly unknown[];
  /** What stands for those that were too many. */
  rest: object;
}

export interface Coalescer<T> {
  tell(thing: T): void;
  /** Tells what is only counted yet. */
  close(): void;
}

/** Turns what a guest does into events, few enough that it cannot flood the store: the first of a kind is told at once, those that follow it are told as a number. */
export const coalesce = <T extends object>({ emit, computerId, type, most, keyOf, rest }: CoalesceOptions<T>): Coalescer<T> => {
  const seen = new Map<string, { thing: T; more: number }>();
  let others = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (thing: object, count: number) => emit({ type, computer_id: computerId, data: { ...thing, ...(count > 1 && { count }) } });
  const flush = () => {
    timer = undefined;
    for (const { thing, more } of seen.values()) if (more > 0) send(thing, more);
    if (others > 0) send(rest, others);
    seen.clear();
    others = 0;
  };
  return {
    tell: (thing) => {
      timer ??= setTimeout(flush, WINDOW_MS).unref();
      const key = JSON.stringify(keyOf(thing));
      const before = seen.get(key);
      if (before) before.more++;
      else if (seen.size >= most) others++;
      else {
        seen.set(key, { thing, more: 0 });
        send(thing, 1);
      }
    },
    close: () => {
      clearTimeout(timer);
      flush();
    },
  };
};
