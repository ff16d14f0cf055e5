import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { VitrineError } from "../../contract/errors.ts";
import { CDP_PORT } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import { dial } from "../relay/dial.ts";
import { BrowserGone, type BrowserGuest, withBrowser } from "./endpoint.ts";

/** Bytes of one message of Chromium's that the service takes for itself. */
const MAX_MESSAGE = 16 * 1024 * 1024;
const CALL_MS = 30_000;

// biome-ignore lint/suspicious/noExplicitAny: CDP's own JSON, of which each user checks what it uses.
export type Json = any;
export interface CdpEvent {
  method: string;
  params: Json;
  sessionId?: string;
}

/** A connection of the service's own to a guest's Chromium. */
export interface Cdp {
  /** Errors: browser_unavailable with Chromium's words, or when the connection is lost; timeout. */
  send(method: string, params?: object, sessionId?: string): Promise<Json>;
  onEvent(listener: (event: CdpEvent) => void): () => void;
  /** Resolves when the connection has ended, however. */
  readonly closed: Promise<void>;
  close(): void;
}

const unavailable = (reason: string, cause?: unknown) => new VitrineError("browser_unavailable", { reason }, { cause });

const openSocket = (stream: Duplex, path: string, signal: AbortSignal): Promise<WebSocket> =>
  new Promise((resolve, reject) => {
    // Chromium takes no Origin and only this Host.
    const socket = new WebSocket(`ws://localhost${path}`, {
      createConnection: () => stream,
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE,
      handshakeTimeout: CALL_MS,
    });
    const onAbort = () => socket.terminate();
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = () => signal.removeEventListener("abort", onAbort);
    socket.once("open", () => {
      settle();
      resolve(socket);
    });
    socket.once("error", (error) => {
      settle();
      stream.destroy();
      reject(signal.aborted ? signal.reason : new BrowserGone(error.message, { cause: error }));
    });
  });

const converse = (socket: WebSocket): Cdp => {
  const calls = new Map<number, PromiseWithResolvers<Json>>();
  const listeners = new Set<(event: CdpEvent) => void>();
  const closed = Promise.withResolvers<void>();
  let lastId = 0;

  socket.on("message", (data: Buffer) => {
    let message: { id?: number; result?: Json; error?: { message?: unknown } } & Partial<CdpEvent>;
    try {
      message = JSON.parse(data.toString("utf8"));
    } catch {
      return socket.terminate();
    }
    if (typeof message.method === "string") {
      for (const listener of [...listeners]) listener(message as CdpEvent);
      return;
    }
    const call = calls.get(message.id ?? 0);
    calls.delete(message.id ?? 0);
    if (message.error) call?.reject(unavailable(`it refused: ${String(message.error.message).slice(0, 300)}`));
    else call?.resolve(message.result);
  });
  socket.on("error", () => {});
  socket.once("close", () => {
    for (const call of calls.values()) call.reject(unavailable("the connection to it was lost"));
    calls.clear();
    closed.resolve();
  });

  return {
    send: (method, params = {}, sessionId) => {
      if (socket.readyState !== WebSocket.OPEN) return Promise.reject(unavailable("the connection to it was lost"));
      const id = ++lastId;
      const call = Promise.withResolvers<Json>();
      call.promise.catch(() => {});
      calls.set(id, call);
      socket.send(JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) }));
      return withDeadline(`Chromium's ${method}`, CALL_MS, undefined, () => call.promise).finally(() => calls.delete(id));
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed: closed.promise,
    close: () => socket.close(),
  };
};

/** Connects to the guest's Chromium; waits for one that is starting. `signal` ends the wait, not the connection. Errors: browser_unavailable. */
export const connectCdp = (guest: BrowserGuest, signal: AbortSignal): Promise<Cdp> =>
  withBrowser(guest, signal, async (wsPath, bounded) => {
    const stream = await dial(guest, CDP_PORT, bounded).catch((error) => {
      throw bounded.aborted ? error : new BrowserGone(String(error), { cause: error });
    });
    return converse(await openSocket(stream, wsPath, bounded));
  });
