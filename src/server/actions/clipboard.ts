import { VitrineError } from "../../contract/errors.ts";
import type { ClipboardEvent, Display } from "../display/display.ts";
import { combination } from "./keys.ts";
import { land, landed } from "./landing.ts";
import type { ClipboardWatch, Doers, Step } from "./step.ts";

/** Until a program has fetched what is pasted: milliseconds on a computer whose CPU is not emulated. */
const PASTE_MS = 5000;
/** The last of several changes has come when nothing more is told for this long. */
const QUIET_MS = 50;
/** Until a copy that was just asked for has reached the clipboard. */
const COPY_MS = 500;
const MAX_CHANGES = 20;

/** Puts text on the clipboard, once what was pasted before has got to where it goes. */
const setClipboard = async ({ display, signal }: Step, text: string): Promise<void> => {
  await landed(display);
  await display.setClipboard(text, signal);
};

/** Puts text on the clipboard, presses ctrl+v and waits until it has been fetched. Errors: not_pasted. */
export const pasteText = async (step: Step, text: string): Promise<void> => {
  const { display, hands, clipboard, signal } = step;
  await landed(display);
  // Chromium may fetch it as soon as it is there, and then no more when it is pasted: the X server has it by then.
  const fetched = clipboard.next("read", PASTE_MS, signal);
  // Whatever happens next, it is not left unhandled.
  fetched.catch(() => {});
  await setClipboard(step, text);
  const start = performance.now();
  hands.letGo(hands.hold(combination(["ctrl", "v"])));
  await display.flush(signal);
  if (!(await fetched)) throw new VitrineError("not_pasted");
  land(display, performance.now() - start, text.length);
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
