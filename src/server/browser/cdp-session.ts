import { once } from "node:events";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import { VitrineError } from "../../contract/errors.ts";
import { CDP_PORT } from "../../contract/guest/protocol.ts";
import { dial } from "../relay/dial.ts";
import { BrowserGone, type BrowserGuest, withBrowser } from "./endpoint.ts";

/** Bytes of one message from Chromium: the accessibility tree of 3,000 links is 7 MB. */
const MAX_MESSAGE = 64 * 1024 * 1024;
const CALL_MS = 15_000;

/** Chromium refused a command; its words are in the message. */
export class CdpRefusal extends Error {
  override readonly name = "CdpRefusal";
}

export interface CdpEvent {
  method: string;
  params: Record<string, unknown>;
  sessionId: string | undefined;
}

interface Pending {
  settle(result: Record<string, unknown>): void;
  fail(error: Error): void;
}

/** A connection of the service's own to a guest's Chromium (CDP, browser endpoint). What comes from there is bounded, and is data, not orders. */
export class CdpSession {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: CdpEvent) => void>();
  #lastId = 0;
  #end: VitrineError | null = null;
  readonly #closed = Promise.withResolvers<void>();
  /** Resolves when the connection has ended, however. */
  readonly closed = this.#closed.promise;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(String(data)));
    socket.on("error", () => {});
    socket.on("close", () => this.#finish(new VitrineError("browser_unavailable", { reason: "it hung up" })));
  }

  /** Throws BrowserGone when there is no such Chromium any more. */
  static async open(guest: BrowserGuest, wsPath: string, signal: AbortSignal): Promise<CdpSession> {
    let stream: Duplex | undefined;
    try {
      const connection = await dial(guest, CDP_PORT, signal);
      stream = connection;
      // Chromium honours a Host of localhost and no Origin.
      const socket = new WebSocket(`ws://localhost${wsPath}`, {
        createConnection: () => connection as never,
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE,
      });
      const session = new CdpSession(socket);
      await once(socket, "open", { signal });
      return session;
    } catch (error) {
      stream?.destroy();
      if (signal.aborted) throw error;
      throw new BrowserGone(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** One command. Errors: CdpRefusal, browser_unavailable, also when there is no answer within `ms` milliseconds. */
  async send<T extends object = Record<string, unknown>>(
    method: string,
    params: object,
    { signal, sessionId, ms = CALL_MS }: { signal: AbortSignal; sessionId?: string | undefined; ms?: number },
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#end) throw this.#end;
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    this.#pending.set(id, { settle: resolve, fail: reject });
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const late = () => reject(new VitrineError("browser_unavailable", { reason: `no answer to ${method} within ${ms / 1000} s` }));
    const timer = setTimeout(late, ms);
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    try {
      return (await promise) as T;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      this.#pending.delete(id);
    }
  }

  onEvent(listener: (event: CdpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#socket.terminate();
  }

  #receive(text: string): void {
    let message: { id?: unknown; method?: unknown; params?: unknown; sessionId?: unknown; result?: unknown; error?: { message?: unknown } };
    try {
      message = JSON.parse(text) ?? {};
    } catch {
      this.#finish(new VitrineError("browser_unavailable", { reason: "it does not speak CDP" }));
      this.close();
      return;
    }
    if (typeof message.id === "number") {
      const pending = this.#pending.get(message.id);
      if (message.error) pending?.fail(new CdpRefusal(String(message.error.message).slice(0, 500)));
      else pending?.settle(recordOf(message.result));
    } else if (typeof message.method === "string") {
      const sessionId = typeof message.sessionId === "string" ? message.sessionId : undefined;
      for (const listener of this.#listeners) listener({ method: message.method, params: recordOf(message.params), sessionId });
    }
  }

  #finish(error: VitrineError): void {
    this.#end ??= error;
    for (const { fail } of this.#pending.values()) fail(this.#end);
    this.#closed.resolve();
  }
}

/** A value from Chromium as something whose fields can be looked at. */
export const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Opens a connection to the guest's Chromium; waits for one that is starting. Errors: browser_unavailable. */
export const openCdpSession = (guest: BrowserGuest, signal: AbortSignal): Promise<CdpSession> =>
  withBrowser(guest, signal, (path, bounded) => CdpSession.open(guest, path, bounded));

/** Runs `work` on a connection of its own to the guest's Chromium, waiting for one that is starting. Errors: browser_unavailable. */
export const withCdp = async <T>(guest: BrowserGuest, signal: AbortSignal, work: (session: CdpSession) => Promise<T>): Promise<T> => {
  const session = await openCdpSession(guest, signal);
  try {
    return await work(session);
  } finally {
    session.close();
  }
};
