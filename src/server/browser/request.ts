import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { CDP_PORT } from "../../contract/guest/protocol.ts";
import { dial } from "../relay/dial.ts";
import { BrowserGone, type BrowserGuest } from "./endpoint.ts";

/** Chromium's answer; `upgraded` is there when it is a 101. */
export interface BrowserAnswer {
  response: IncomingMessage;
  upgraded?: { stream: Duplex; head: Buffer };
}

export interface BrowserRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
}

/**
 * One HTTP request to the guest's Chromium on a connection of its own. Chromium honours only a Host of localhost and no Origin, so those are
 * not the caller's. Until it settles, `signal` ends it; afterwards the connection is the caller's to end. Throws BrowserGone when Chromium
 * cannot be reached or hangs up without an answer.
 */
export const askBrowser = async (guest: BrowserGuest, request: BrowserRequest, signal: AbortSignal): Promise<BrowserAnswer> => {
  let stream: Duplex | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<BrowserAnswer>();
  // It may be rejected while the connection is still under way, before anybody waits for it.
  promise.catch(() => {});
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    const connection = await dial(guest, CDP_PORT, signal);
    stream = connection;
    httpRequest({
      ...request,
      createConnection: () => connection,
      headers: { ...request.headers, host: "localhost" },
      maxHeaderSize: 16384,
    })
      .on("error", reject)
      .on("response", (response) => resolve({ response }))
      .on("upgrade", (response, upgraded, head) => resolve({ response, upgraded: { stream: upgraded as Duplex, head } }))
      .end();
    return await promise;
  } catch (error) {
    stream?.destroy();
    if (signal.aborted) throw error;
    throw new BrowserGone(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    signal.removeEventListener("abort", abort);
  }
};
