import { once } from "node:events";
import { StringDecoder } from "node:string_decoder";
import type { Response } from "express";
import { VitrineError } from "../../contract/errors.ts";
import { FRAME, type Frame } from "../../contract/guest/frames.ts";
import { exitOf } from "../guest/exec.ts";

/** Keeps proxies from cutting a quiet stream. */
const HEARTBEAT_MS = 15_000;
/** Bytes that may wait for a client that reads slower than we write, where the writer cannot wait for it. */
const MAX_BEHIND = 1024 * 1024;

/**
 * A stream of server-sent events on a response. `send` waits while the client reads slower than we write; with `stallMs` a client that has not read for so long is cut off, and
 * `send` rejects. An `id` is what the client sends as Last-Event-ID when it comes again.
 */
export const openSse = (response: Response, { stallMs }: { stallMs?: number } = {}) => {
  // A connection that is kept for later would hold up a service that ends.
  response.shouldKeepAlive = false;
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(":\n\n");
  }, HEARTBEAT_MS);
  const closed = new AbortController();
  response.once("close", () => {
    clearInterval(heartbeat);
    closed.abort();
  });
  const drained = async (): Promise<void> => {
    const stall = stallMs === undefined ? undefined : setTimeout(() => response.destroy(), stallMs);
    try {
      await once(response, "drain", { signal: closed.signal });
    } finally {
      clearTimeout(stall);
    }
  };
  return {
    send: async (event: string, data: unknown, id?: number): Promise<void> => {
      if (response.destroyed) return;
      if (response.writableLength > MAX_BEHIND) return void response.destroy();
      const text = `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      if (!response.write(text)) await drained();
    },
    /** Where the client is, before anything has happened. */
    mark: (id: number): void => void response.write(`id: ${id}\n\n`),
    end: (): void => void response.end(),
  };
};

/** An event's name and data. */
type SseEvent = [name: string, data: unknown];

/** How the frames of a process are said as events; a frame may have none. */
export interface FrameEvents {
  of(frame: Frame): SseEvent | null;
  error(error: VitrineError): SseEvent;
}

/** `stdout` and `stderr` with text, then `exit`. */
const asText = (): FrameEvents => {
  const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  return {
    of: (frame) => {
      if (frame.type === FRAME.exit) return ["exit", exitOf(frame)];
      const name = frame.type === FRAME.stdout ? "stdout" : "stderr";
      const data = decoders[name].write(frame.payload);
      return data ? [name, { data }] : null;
    },
    error: (error) => ["error", error.toBody().error],
  };
};

/**
 * Sends process output as events, to the exit. The answer begins with the first frame, so that a command which cannot run is still a proper error, or at once. A failure
 * after that ends the stream with an event of its own.
 */
export const sendFrames = async (
  response: Response,
  frames: AsyncIterable<Frame>,
  { events = asText(), begin = "with the first" }: { events?: FrameEvents; begin?: "with the first" | "at once" } = {},
): Promise<void> => {
  const iterator = frames[Symbol.asyncIterator]();
  const first = begin === "at once" ? null : await iterator.next();
  const sse = openSse(response);
  try {
    for (let next = first ?? (await iterator.next()); !next.done; next = await iterator.next()) {
      const event = events.of(next.value);
      if (event) await sse.send(...event);
      if (next.value.type === FRAME.exit) break;
    }
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error;
    await sse.send(...events.error(error));
  } finally {
    await iterator.return?.();
    sse.end();
  }
};
