import { EventEmitter, once } from "node:events";
import { WebSocket } from "ws";
import type { CdpConnection, CdpSession } from "../../../../src/server/browser/toolset/ports.ts";

interface Message {
  id?: number;
  sessionId?: string;
  method?: string;
  params?: object;
  result?: { sessionId?: string };
  error?: { message: string };
}

export interface TestConnection extends CdpConnection {
  close: () => Promise<void>;
}

/** CDP over one WebSocket of ws, sessions flattened. */
export const connect = async (url: string): Promise<TestConnection> => {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
  await once(socket, "open");
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void; sessionId: string }>();
  const events = new EventEmitter().setMaxListeners(0);
  let last = 0;
  socket.on("message", (data) => {
    const { id, sessionId = "", method, params, result, error } = JSON.parse(String(data)) as Message;
    if (method === "Target.detachedFromTarget")
      for (const [id, { reject, sessionId }] of waiting)
        if (sessionId === (params as { sessionId: string }).sessionId) {
          waiting.delete(id);
          reject(new Error("the target is gone"));
        }
    if (id === undefined) return void events.emit(`${sessionId} ${method}`, params);
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(new Error(error.message));
    else call?.resolve(result);
  });
  const session = (sessionId: string): CdpSession => ({
    send: (method, params = {}, { signal } = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const id = ++last;
      const abort = () => reject(signal!.reason);
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort, { once: true });
      waiting.set(id, { resolve, reject, sessionId });
      socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
      return promise.finally(() => {
        waiting.delete(id);
        signal?.removeEventListener("abort", abort);
      });
    },
    on: (event, listener) => {
      events.on(`${sessionId} ${event}`, listener);
      return () => events.off(`${sessionId} ${event}`, listener);
    },
  });
  const browser = session("");
  return {
    browser,
    attach: async (targetId, signal) =>
      session((await browser.send("Target.attachToTarget", { targetId, flatten: true }, { signal })).sessionId),
    close: async () => {
      socket.close();
      await once(socket, "close");
    },
  };
};
