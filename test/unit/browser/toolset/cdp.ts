import { EventEmitter, once } from "node:events";
import { WebSocket } from "ws";
import type { RawCdp } from "../../../../src/server/browser/toolset/connection.ts";

/** CDP over one WebSocket of ws. */
export const connect = async (url: string): Promise<RawCdp> => {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
  await once(socket, "open");
  const waiting = new Map<
    number,
    { resolve: (value: Record<string, unknown>) => void; reject: (error: unknown) => void; sessionId?: string | undefined }
  >();
  const events = new EventEmitter().setMaxListeners(0);
  let last = 0;
  const fail = (sessionId: unknown, all = false) => {
    for (const call of waiting.values()) if (all || call.sessionId === sessionId) call.reject(new Error("the target is gone"));
  };
  socket.on("close", () => fail(undefined, true));
  socket.on("message", (data) => {
    const { id, sessionId, method, params, result, error } = JSON.parse(String(data));
    if (method === "Target.detachedFromTarget") fail(params.sessionId);
    if (id === undefined) events.emit("event", { method, params, sessionId });
    else if (error) waiting.get(id)?.reject(new Error(error.message));
    else waiting.get(id)?.resolve(result);
  });
  return {
    send: async (method, params, { signal, sessionId }) => {
      signal.throwIfAborted();
      if (socket.readyState !== WebSocket.OPEN) throw new Error("the browser is gone");
      const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
      const id = ++last;
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      waiting.set(id, { resolve, reject, sessionId });
      socket.send(JSON.stringify({ id, method, params, sessionId }));
      try {
        return await promise;
      } finally {
        waiting.delete(id);
        signal.removeEventListener("abort", abort);
      }
    },
    onEvent: (listener) => {
      events.on("event", listener);
      return () => events.off("event", listener);
    },
    close: () => socket.terminate(),
  };
};
