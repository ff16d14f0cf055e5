import { CallError, fetchAnswer, urlOf } from "./api.ts";
import { sleep } from "./sleep.ts";

/** A card is this wide at most, in CSS pixels. */
const CARD_WIDTH = 360;
/** Milliseconds between two looks at one computer. */
const PAUSE_MS = 2000;
/** Requests at one time, of the six that a browser makes to one host. */
const AT_ONCE = 3;

let free = AT_ONCE;
const waiting: (() => void)[] = [];
/** Runs `work` when it is its turn. */
const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
  if (free > 0) free--;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else free++;
  }
};

/** Shows a computer's screen by pictures, of which only those that differ are sent, until `abort` does. */
export const watchScreen = async (
  { id, width }: { id: string; width: number },
  show: (picture: Blob) => void,
  abort: AbortSignal,
): Promise<void> => {
  const scale = Math.min(1, (CARD_WIDTH * Math.min(devicePixelRatio, 2)) / width).toFixed(3);
  let known: string | undefined;
  while (!abort.aborted) {
    try {
      await inTurn(async () => {
        abort.throwIfAborted();
        const query = { format: "webp", quality: 60, scale, passive: 1, if_changed: known };
        const answer = await fetchAnswer(urlOf("/v1/computers/{id}/screenshot", { id }, query), { signal: abort });
        if (answer.status === 304) return;
        known = answer.headers.get("etag")?.replaceAll('"', "") ?? undefined;
        show(await answer.blob());
      });
    } catch (error) {
      // What is offline, busy or just being stopped may have a picture the next time.
      if (error instanceof CallError && ["no_display", "computer_not_found", "unauthorized"].includes(error.code)) return;
    }
    await sleep(PAUSE_MS, abort);
  }
};
