import { EventEmitter } from "node:events";
import type { Control, TakeControl } from "../../contract/control.ts";
import { VitrineError } from "../../contract/errors.ts";
import { until } from "./turns.ts";

/** Milliseconds that an action waits for a person to let go. */
const WAIT_MS = 10 * 60_000;
/** Milliseconds in which a page whose connection broke comes back, before it counts as closed. */
const GRACE_MS = 5000;

interface Held {
  control: Control;
  /** The live page that took it; null when it was taken through the API. */
  viewer: string | null;
  expiry: NodeJS.Timeout;
}

const NOBODY: Control = { holder: null, name: null, since: null, expires_at: null };

const describe = ({ holder, name }: Control): string => {
  const what = holder === "person" ? "A person" : "Another agent";
  return name === null ? what : `${what} (${name})`;
};

/**
 * Who drives each computer. Kept in memory: it is about who is there now, and after a restart of the service nobody is. A person takes it from anyone;
 * an agent takes it when nobody has it, or again from itself, by its name.
 */
export class ControlLocks {
  readonly #held = new Map<string, Held>();
  /** Open connections of each live page, by computer and page. */
  readonly #viewers = new Map<string, number>();
  readonly #graces = new Map<string, NodeJS.Timeout>();
  readonly #events = new EventEmitter<{ change: [computerId: string] }>().setMaxListeners(0);
  readonly #graceMs: number;

  constructor({ graceMs = GRACE_MS }: { graceMs?: number } = {}) {
    this.#graceMs = graceMs;
  }

  get(computerId: string): Control {
    return this.#held.get(computerId)?.control ?? NOBODY;
  }

  /** Whether this live page is the one that drives. */
  isViewer(computerId: string, viewer: string): boolean {
    return this.#held.get(computerId)?.viewer === viewer;
  }

  /** Errors: controlled. */
  take(computerId: string, { holder, name, ttl_s }: TakeControl, viewer: string | null = null): Control {
    const before = this.get(computerId);
    const mine = before.holder === "agent" && before.name === (name ?? null);
    if (holder === "agent" && before.holder !== null && !mine) throw this.#controlled(computerId);
    clearTimeout(this.#held.get(computerId)?.expiry);
    const now = Date.now();
    const expiry = setTimeout(() => this.release(computerId), ttl_s * 1000).unref();
    const control = {
      holder,
      name: name ?? null,
      since: new Date(now).toISOString(),
      expires_at: new Date(now + ttl_s * 1000).toISOString(),
    };
    this.#held.set(computerId, { control, viewer, expiry });
    this.#events.emit("change", computerId);
    return control;
  }

  /** Lets go, whoever drives; with `viewer` only when that page does. */
  release(computerId: string, viewer?: string): Control {
    const held = this.#held.get(computerId);
    if (held && (viewer === undefined || held.viewer === viewer)) {
      clearTimeout(held.expiry);
      this.#held.delete(computerId);
      this.#events.emit("change", computerId);
    }
    return this.get(computerId);
  }

  /** A live page is open until the answered function is called. What it drives is let go of when its last connection has closed for good. */
  watch(computerId: string, viewer: string): () => void {
    const key = `${computerId}\0${viewer}`;
    clearTimeout(this.#graces.get(key));
    this.#graces.delete(key);
    this.#viewers.set(key, (this.#viewers.get(key) ?? 0) + 1);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      const left = (this.#viewers.get(key) ?? 1) - 1;
      if (left > 0) return void this.#viewers.set(key, left);
      this.#viewers.delete(key);
      if (!this.isViewer(computerId, viewer)) return;
      const leave = () => {
        this.#graces.delete(key);
        this.release(computerId, viewer);
      };
      this.#graces.set(key, setTimeout(leave, this.#graceMs).unref());
    };
  }

  /** Resolves when no person drives: at once or, with `wait`, when they have let go. Errors: controlled. */
  async mayAct(computerId: string, mode: "fail" | "wait", signal: AbortSignal): Promise<void> {
    while (this.get(computerId).holder === "person") {
      if (mode === "fail") throw this.#controlled(computerId);
      const changed = Promise.withResolvers<void>();
      const stop = this.onChange((id) => {
        if (id === computerId) changed.resolve();
      });
      try {
        await until(changed.promise, { what: "Waiting for control", ms: WAIT_MS, signal });
      } catch (error) {
        throw error instanceof VitrineError ? this.#controlled(computerId) : error;
      } finally {
        stop();
      }
    }
  }

  onChange(listener: (computerId: string) => void): () => void {
    this.#events.on("change", listener);
    return () => this.#events.off("change", listener);
  }

  #controlled(computerId: string): VitrineError {
    const control = this.get(computerId);
    return new VitrineError("controlled", { who: describe(control), ...control });
  }
}
