/** One target of Chromium's (a tab, a frame in a process of its own, or the browser) and what can be asked of it. */
export interface CdpSession {
  /** Rejects when the target is gone, and with `signal`. */
  // biome-ignore lint/suspicious/noExplicitAny: CDP's own JSON.
  send(method: string, params?: object, options?: { signal?: AbortSignal }): Promise<any>;
  /** Answers the way to stop listening. */
  // biome-ignore lint/suspicious/noExplicitAny: CDP's own JSON.
  on(event: string, listener: (params: any) => void): () => void;
}

/** A connection to a browser. */
export interface CdpConnection {
  readonly browser: CdpSession;
  /** A session of the connection's own with a target, flattened into the connection. Rejects when there is no such target. */
  attach(targetId: string, signal: AbortSignal): Promise<CdpSession>;
}
