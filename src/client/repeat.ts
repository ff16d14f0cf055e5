import { Readable } from "node:stream";
import { retryAfterOf, VitrineError } from "../contract/errors.ts";
import type { Body } from "./send.ts";

/** Milliseconds before each further try; the first is at once, because a kept connection may be closed by the service just as it is used again. */
const PAUSES_MS = [0, 200, 1000];
/** How a connection ends that was there. One that is refused is not tried again: nobody serves. */
const LOST = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);
const REPEATABLE = new Set(["GET", "PUT", "DELETE"]);

export const isLost = (error: unknown): boolean => LOST.has((error as NodeJS.ErrnoException).code ?? "");

/** Whether a request does the same when it is sent twice. Commands and actions do not; a create does, by its Idempotency-Key. */
export const isRepeatable = (method: string, headers: Record<string, string> = {}, body?: Body): boolean =>
  (REPEATABLE.has(method) || headers["idempotency-key"] !== undefined) && !(body && "bytes" in body && body.bytes instanceof Readable);

/** Milliseconds to wait before a repeatable request is sent again after its `tries`th failure; undefined: it stays failed. */
export const pauseAfter = (error: unknown, tries: number): number | undefined => {
  const pause = PAUSES_MS[tries];
  if (pause === undefined) return undefined;
  // What to do while the host is full is for the caller to say: retryWhenFull.
  if (error instanceof VitrineError && (error.status === 429 || error.status === 503) && error.code !== "capacity_exceeded") {
    const seconds = retryAfterOf(error);
    return seconds === undefined ? undefined : seconds * 1000;
  }
  return isLost(error) ? pause : undefined;
};
