import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { WebSocket } from "ws";
import { errorFrom } from "./errors.ts";

/**
 * Opens a WebSocket; it is paused, so that nothing is missed before somebody listens. An answer that refuses it is thrown as its error.
 * ws rather than Node's own, which Node 20 lacks, which cannot be paused and keeps to itself what a refusal says.
 */
export const openSocket = async (url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<WebSocket> => {
  // When it is wanted: a bundle of ES modules, in which ws finds no require(), does without it as long as there are no terminals.
  const { WebSocket } = await import("ws");
  signal.throwIfAborted();
  const address = new URL(url);
  address.protocol = url.protocol.replace("http", "ws");
  const ws = new WebSocket(address, { headers, perMessageDeflate: false });
  let onAbort = () => {};
  return new Promise<WebSocket>((resolve, reject) => {
    onAbort = () => {
      reject(signal.reason);
      ws.terminate();
    };
    const refused = async (answer: IncomingMessage) => {
      reject(errorFrom(url.origin + url.pathname, answer.statusCode ?? 0, await text(answer), answer.headers["retry-after"]));
      ws.terminate();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    ws.on("error", reject);
    ws.once("open", () => {
      ws.pause();
      resolve(ws);
    });
    ws.once("unexpected-response", (_, answer) => void refused(answer).catch(reject));
  }).finally(() => signal.removeEventListener("abort", onAbort));
};
