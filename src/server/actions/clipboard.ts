import { VitrineError } from "../../contract/errors.ts";
import type { ClipboardEvent, Display } from "../display/display.ts";
import { combination } from "./keys.ts";
import type { ClipboardWatch, Doers, Step } from "./step.ts";

/** Bytes of UTF-8, with each newline as CR LF, that the computer's clipboard takes (TigerVNC's MaxCutText). */
export const MAX_CLIPBOARD_BYTES = 256 * 1024;
/** The last paste on each display, under way. */
const landings = new WeakMap<Display, Promise<void>>();
/** A blinking caret is no wider. */
const CARET_WIDTH = 2;

/** Milliseconds that a page gets at least for a paste that the computer has taken `tookMs` to fetch, so that a slow computer gets more. */
const landMs = (tookMs: number, length: number): number => Math.min(LAND_MS, Math.max(300, 10 * tookMs) * (1 + length / 20_000));

/**
 * Resolves when a paste has got into the page. Nothing tells: Chromium itself fetches the clipboard when the keys go down, and its page takes the text some
 * time later, when another must not be there yet. So the page gets its time, must have drawn something, and must have come to rest.
 */
const landing = (display: Display, ms: number): Promise<void> =>
  new Promise((resolve) => {
    let drawn = false;
    let due = false;
    let quiet: NodeJS.Timeout | undefined;
    const end = () => {
      for (const timer of [quiet, first, cap]) clearTimeout(timer);
      leave();
      resolve();
    };
    const rest = () => {
      clearTimeout(quiet);
      if (drawn && due) quiet = setTimeout(end, QUIET_MS);
    };
    const first = setTimeout(() => {
      due = true;
      rest();
    }, ms);
    const cap = setTimeout(end, ms + LAND_MS);
    const leave = display.onDamage((damage) => {
      drawn ||= damage.some(({ width }) => width > CARET_WIDTH);
      rest();
    });
  });

export const clipboardBytes = (text: string): number => Buffer.byteLength(text.replace(/\r\n?|\n/g, "\r\n")) + 1;

/** Until a program has fetched what is pasted: a tenth of it where the computer's CPU is not emulated. */
const PASTE_MS = 5000;
/** Until what was pasted has stopped to be drawn, and the most that is waited for it: a page may show nothing of it, or move for ever. */
const QUIET_MS = 50;
const LAND_MS = 3000;
/** Until a copy that was just asked for has reached the clipboard. */
const COPY_MS = 500;
const MAX_CHANGES = 20;

/** Puts text on the clipboard, once what was pasted before has got to where it goes. */
const setClipboard = async ({ display, signal }: Step, text: string): Promise<void> => {
  await landings.get(display);
  await display.setClipboard(text, signal);
};

/** Puts text on the clipboard, presses ctrl+v and waits until it has been fetched. Errors: not_pasted. */
export const pasteText = async (step: Step, text: string): Promise<void> => {
  const { display, hands, clipboard, signal } = step;
  await landings.get(display);
  // Chromium may fetch it as soon as it is there, and then no more when it is pasted: the X server has it by then.
  const fetched = clipboard.next("read", PASTE_MS, signal);
  // Whatever happens next, it is not left unhandled.
  fetched.catch(() => {});
  await setClipboard(step, text);
  const start = performance.now();
  hands.letGo(hands.hold(combination(["ctrl", "v"])));
  await display.flush(signal);
  if (!(await fetched)) throw new VitrineError("not_pasted");
  landings.set(display, landing(display, landMs(performance.now() - start, text.length)));
};

export const clipboard: Doers<"clipboard_get" | "clipboard_set" | "paste"> = {
  clipboard_get: async ({ display, clipboard: watch, dirty, signal }) => {
    if (dirty && !watch.changed) await watch.next("changed", COPY_MS, signal);
    // One copy may be told more than once, and the last word counts.
    if (dirty) for (let i = 0; i < MAX_CHANGES && (await watch.next("changed", QUIET_MS, signal)); i++);
    return { text: display.clipboard };
  },
  clipboard_set: async (step, { text }) => {
    await setClipboard(step, text);
    await step.display.flush(step.signal);
  },
  paste: async (step, { text }) => pasteText(step, text),
};

/** Watches the clipboard until `stop`. */
export const watchClipboard = (display: Display): ClipboardWatch & { stop: () => void } => {
  const waiting = new Set<{ event: ClipboardEvent; met: (value: boolean) => void }>();
  const watch = {
    changed: false,
    next: (event: ClipboardEvent, ms: number, signal: AbortSignal): Promise<boolean> => {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const entry = { event, met: resolve };
      const onAbort = () => reject(signal.reason);
      const timer = setTimeout(() => resolve(false), ms);
      waiting.add(entry);
      signal.addEventListener("abort", onAbort, { once: true });
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(entry);
        signal.removeEventListener("abort", onAbort);
      });
    },
    stop: display.onClipboard((event) => {
      if (event === "changed") watch.changed = true;
      for (const one of waiting) if (one.event === event) one.met(true);
    }),
  };
  return watch;
};
