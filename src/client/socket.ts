import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { WebSocket } from "ws";
import { errorFrom } from "./errors.ts";

/** Opens a WebSocket; it is paused, so that nothing is missed before somebody listens. An answer that refuses it is thrown as its error. */
export const openSocket = (url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<WebSocket> => {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const address = new URL(url);
  address.protocol = url.protocol.replace("http", "ws");
  const ws = new WebSocket(address, { headers, perMessageDeflate: false });
  const onAbort = () => {
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
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
};
