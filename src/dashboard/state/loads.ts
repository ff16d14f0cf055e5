import { signal } from "@preact/signals";
import type { Usage } from "../../contract/usage.ts";
import { type Load, loadsOf } from "../words/load.ts";
import { call } from "./api.ts";
import { sleep } from "./sleep.ts";

/** Milliseconds between two looks; nothing happens that an event could tell. */
const PAUSE_MS = 5000;

/** How busy each running computer is. */
export const loads = signal<ReadonlyMap<string, Load>>(new Map());

/** Keeps `loads` while the page is seen, until `abort` aborts. */
export const followLoads = (abort: AbortSignal): void => {
  let before: readonly Usage[] = [];
  let at = 0;
  const look = async (): Promise<void> => {
    try {
      const { data } = await call("get", "/v1/usage", { signal: abort });
      const now = performance.now();
      loads.value = loadsOf(before, data, (now - at) / 1000);
      [before, at] = [data, now];
    } catch {
      // The event stream tells that the service is away.
    }
  };
  const goOn = async (): Promise<void> => {
    while (!abort.aborted) {
      if (!document.hidden) await look();
      await sleep(PAUSE_MS, abort);
    }
  };
  void goOn();
};
