import type { ClientHttp2Stream } from "node:http2";
import { VitrineError } from "../../contract/errors.ts";

export const linkLost = (cause?: unknown): VitrineError => new VitrineError("guest_link_lost", {}, { cause });

/** An error of a stream that was under way is a loss, unless it is one of ours. */
export const asLoss = (error: unknown): VitrineError => (error instanceof VitrineError ? error : linkLost(error));

/** Whether an error says no more than that the link is not there just now. */
export const isLoss = (error: unknown): boolean =>
  error instanceof VitrineError && (error.code === "guest_link_lost" || error.code === "guest_unresponsive");

/** Resets a stream. `close` would end its writable side first, and half a file would pass for a whole one. */
export const cancel = (stream: ClientHttp2Stream): void => {
  stream.destroy(new Error("cancelled"));
};
