import type { CdpConnection, CdpSession } from "./ports.ts";

/** A connection to a browser's endpoint, as the service has it: all sessions of it in one. */
export interface RawCdp {
  send(method: string, params: object, options: { signal: AbortSignal; sessionId?: string | undefined }): Promise<Record<string, unknown>>;
  /** Every event, whichever session it is of. Answers the way to stop listening. */
  onEvent(listener: (event: { method: string; params: Record<string, unknown>; sessionId: string | undefined }) => void): () => void;
  close(): void;
}

/** For what is sent on the way out, which nothing may stop. The connection has a time limit of its own. */
const never = new AbortController().signal;

/** A raw connection as sessions, one for each target. Events are handed to those who asked for them and nobody else. */
export const connectionOn = (raw: RawCdp): CdpConnection => {
  const listeners = new Map<string, Set<(params: unknown) => void>>();
  const keyOf = (sessionId: string | undefined, method: string) => `${sessionId ?? ""} ${method}`;
  raw.onEvent(({ method, params, sessionId }) => {
    for (const listener of listeners.get(keyOf(sessionId, method)) ?? []) listener(params);
  });
  const session = (sessionId?: string): CdpSession => ({
    send: (method, params = {}, { signal = never } = {}) => raw.send(method, params, { signal, sessionId }),
    on: (event, listener) => {
      const key = keyOf(sessionId, event);
      const known = listeners.get(key) ?? new Set();
      listeners.set(key, known.add(listener));
      return () => {
        known.delete(listener);
        if (known.size === 0) listeners.delete(key);
      };
    },
  });
  const browser = session();
  return {
    browser,
    attach: async (targetId, signal) => {
      const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true }, { signal });
      return session(String(sessionId));
    },
  };
};
