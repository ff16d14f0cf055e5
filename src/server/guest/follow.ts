import { VitrineError } from "../../contract/errors.ts";
import { Backoff } from "./backoff.ts";
import { send } from "./call.ts";
import type { Link } from "./link.ts";
import { cancel, isLoss } from "./loss.ts";
import { readLines } from "./read.ts";

export interface LineListener {
  /** Throws when the line is not valid; the stream is then opened anew. */
  onLine(line: string): void;
  /** What an agent that can be reached does wrong; a link that broke is none. */
  onFailure(error: VitrineError): void;
}

const readOnce = async (
  link: Link,
  { path, maxLine }: { path: string; maxLine: number },
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> => {
  const { stream } = await send(link, { method: "GET", path, signal });
  const onAbort = () => cancel(stream);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    for await (const line of readLines(stream, maxLine)) {
      if (signal.aborted) return;
      onLine(line);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    cancel(stream);
  }
};

/** Reads a stream of lines that never ends, until `signal` aborts; it is opened anew after each loss. `maxLine` is in bytes. */
export const followLines = async (
  link: Link,
  source: { path: string; maxLine: number },
  signal: AbortSignal,
  { onLine, onFailure }: LineListener,
): Promise<void> => {
  const backoff = new Backoff();
  while (!signal.aborted) {
    try {
      await readOnce(link, source, signal, (line) => {
        onLine(line);
        backoff.reset();
      });
    } catch (error) {
      if (signal.aborted) return;
      // A link that broke is made again; what an agent says wrong is not put right by asking again at once.
      if (error instanceof VitrineError && !isLoss(error)) onFailure(error);
    }
    await backoff.wait(signal).catch(() => {});
  }
};
