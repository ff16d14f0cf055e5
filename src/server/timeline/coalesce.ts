/** The same thing again within this time is counted, not told. Milliseconds. */
const WINDOW_MS = 10_000;

export interface CoalesceOptions<T> {
  /** Different things that are told within one window; the rest is counted together. */
  most: number;
  /** Things of one key are the same thing. */
  keyOf(thing: T): string;
  send(thing: T, count: number): void;
  /** Told at the end of a window of how many were too many. */
  sendRest(count: number): void;
}

export interface Coalescer<T> {
  tell(thing: T): void;
  /** Tells what is only counted yet. */
  close(): void;
}

/** Turns what a guest does into events, few enough that it cannot flood the store: the first of a kind is told at once, those that follow it are told as a number. */
export const coalesce = <T>({ most, keyOf, send, sendRest }: CoalesceOptions<T>): Coalescer<T> => {
  const seen = new Map<string, { thing: T; more: number }>();
  let rest = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    timer = undefined;
    for (const { thing, more } of seen.values()) if (more > 0) send(thing, more);
    if (rest > 0) sendRest(rest);
    seen.clear();
    rest = 0;
  };
  return {
    tell: (thing) => {
      timer ??= setTimeout(flush, WINDOW_MS).unref();
      const key = keyOf(thing);
      const before = seen.get(key);
      if (before) before.more++;
      else if (seen.size >= most) rest++;
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
