import { VitrineError } from "../../contract/errors.ts";
import type { Display } from "../display/display.ts";
import { combination } from "./keys.ts";
import type { ClipboardWatch, Doers, Step } from "./step.ts";

/** Bytes of UTF-8, with each newline as CR LF, that the computer's clipboard takes (TigerVNC's MaxCutText). */
export const MAX_CLIPBOARD_BYTES = 256 * 1024;
export const clipboardBytes = (text: string): number => Buffer.byteLength(text.replace(/\r\n?|\n/g, "\r\n")) + 1;

/** Until a program has fetched what is pasted: a tenth of it where the computer's CPU is not emulated. */
const PASTE_MS = 5000;
/** Until a copy that was just asked for has reached the clipboard. */
const COPY_MS = 500;

/** Puts text on the clipboard, presses ctrl+v and waits until it has been fetched. Errors: not_pasted. */
export const pasteText = async ({ display, hands, clipboard, signal }: Step, text: string): Promise<void> => {
  await display.setClipboard(text, signal);
  const fetched = clipboard.next("read", PASTE_MS, signal);
  // Whatever happens next, it is not left unhandled.
  fetched.catch(() => {});
  hands.letGo(hands.hold(combination(["ctrl", "v"])));
  await display.flush(signal);
  if (!(await fetched)) throw new VitrineError("not_pasted");
};

export const clipboard: Doers<"clipboard_get" | "clipboard_set" | "paste"> = {
  clipboard_get: async ({ display, clipboard: watch, dirty, signal }) => {
    if (dirty && !watch.changed) await watch.next("changed", COPY_MS, signal);
    return { text: display.clipboard };
  },
  clipboard_set: async ({ display, signal }, { text }) => {
    await display.setClipboard(text, signal);
    await display.flush(signal);
  },
  paste: async (step, { text }) => pasteText(step, text),
};

/** Watches the clipboard until `stop`. */
export const watchClipboard = (display: Display): ClipboardWatch & { stop: () => void } => {
  const waiting = new Set<{ event: "changed" | "read"; met: (value: boolean) => void }>();
  const watch = {
    changed: false,
    next: (event: "changed" | "read", ms: number, signal: AbortSignal): Promise<boolean> => {
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
