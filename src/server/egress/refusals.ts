import type { Emit } from "../timeline/timeline.ts";
import type { Refusal } from "./policy.ts";

/** What was refused, as the event tells it. */
export interface Refused extends Refusal {
  name: string | null;
  address: string | null;
  port: number | null;
  protocol: string;
}

/** The same thing again within this time is counted, not told. Milliseconds. */
const WINDOW_MS = 10_000;
/** Different things that are told within one window; the rest is counted together. */
const MAX_TOLD = 100;

export interface Refusals {
  tell(refused: Refused): void;
  /** Tells what is only counted yet. */
  close(): void;
}

/** Turns refusals into events, few enough that a guest which scans cannot flood the store. */
export const refusals = (emit: Emit, computerId: string): Refusals => {
  const seen = new Map<string, { refused: Refused; more: number }>();
  let others = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (refused: Refused, count: number) =>
    emit({ type: "egress.refused", computer_id: computerId, data: { ...refused, ...(count > 1 && { count }) } });
  const flush = () => {
    timer = undefined;
    for (const { refused, more } of seen.values()) if (more > 0) send(refused, more);
    if (others > 0)
      send(
        {
          name: null,
          address: null,
          port: null,
          protocol: "any",
          rule: "limit",
          reason: "further refusals, too many to be told one by one",
        },
        others,
      );
    seen.clear();
    others = 0;
  };
  return {
    tell: (refused) => {
      timer ??= setTimeout(flush, WINDOW_MS).unref();
      const { protocol, name, address, port, rule } = refused;
      const key = JSON.stringify([protocol, name, address, port, rule]);
      const before = seen.get(key);
      if (before) before.more++;
      else if (seen.size >= MAX_TOLD) others++;
      else {
        seen.set(key, { refused, more: 0 });
        send(refused, 1);
      }
    },
    close: () => {
      clearTimeout(timer);
      flush();
    },
  };
};
