import { createParser } from "eventsource-parser";
import type { Event, EventType } from "../../contract/events.ts";
import { CallError, fetchAnswer, urlOf } from "./api.ts";
import { pauseBefore } from "./pause.ts";

/** The service says something every 15 s; a stream that is quiet for longer is dead, as after a sleep of the machine. Milliseconds. */
const QUIET_MS = 40_000;

export interface Following {
  /** The path of the events. */
  path: string;
  types: readonly EventType[];
  /** Where to begin; afterwards it goes on where it was. */
  after: "latest" | number;
  /** The stream is open, for the first time or again; events are read when this is done. When it fails, the stream is opened anew. */
  onOpen?: () => Promise<void>;
  onEvent: (event: Event) => void;
  onLost?: () => void;
}

/** Reads a stream to its end. Answers whether more may come. */
const read = async (response: Response, quiet: AbortController, onEvent: (event: Event) => void): Promise<boolean> => {
  let ended = false;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === "end") ended = true;
      else onEvent(JSON.parse(data) as Event);
    },
  });
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const alarm = () => setTimeout(() => quiet.abort(), QUIET_MS);
  let timer = alarm();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return !ended;
      clearTimeout(timer);
      timer = alarm();
      parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Follows events until `signal` aborts, the stream says that no more come, or nobody is signed in any more; comes again when the service was away.
 * EventSource would not tell why it was refused, so this is fetch.
 */
export const follow = async ({ path, types, after, onOpen, onEvent, onLost }: Following, signal: AbortSignal): Promise<void> => {
  let last = String(after);
  for (let attempt = 0; !signal.aborted; attempt++) {
    const quiet = new AbortController();
    try {
      const url = urlOf(path, {}, { after: last, type: types.join(",") });
      const response = await fetchAnswer(url, {
        headers: { accept: "text/event-stream" },
        signal: AbortSignal.any([signal, quiet.signal]),
      });
      await onOpen?.();
      attempt = 0;
      const more = await read(response, quiet, (event) => {
        last = String(event.id);
        onEvent(event);
      });
      if (!more) return;
    } catch (error) {
      if (error instanceof CallError && (error.code === "unauthorized" || error.code === "computer_not_found")) return;
    }
    if (signal.aborted) return;
    onLost?.();
    await pauseBefore(attempt, signal);
  }
};
