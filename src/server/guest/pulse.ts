import { EventEmitter } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { VitrineError } from "../../contract/errors.ts";

/** Milliseconds between two pings. */
const PING_MS = 10_000;
/** Silence for so many of these, a minute, and the guest does not answer. On a host with ten times the work that it can do, an emulated agent took 40 s to start again. */
const MISSED = 6;

export const unresponsive = (): VitrineError => new VitrineError("guest_unresponsive");

interface Events {
  /** It ceases (false) or begins again (true) to answer. */
  change: [alive: boolean];
  /** It has answered a ping, after so many milliseconds. */
  answer: [ms: number];
  /** It does not answer, still: told about every ten seconds. */
  silent: [];
}

/** Whether an agent answers, from its first session on. One that is held still on purpose is not expected to. */
export const takePulse = () => {
  const events = new EventEmitter<Events>().setMaxListeners(0);
  let session: ClientHttp2Session | null = null;
  let pinged: ClientHttp2Session | null = null;
  let timer: NodeJS.Timeout | undefined;
  let missed = 0;
  let alive = true;
  let held = false;

  const heard = (): void => {
    missed = 0;
    if (alive) return;
    alive = true;
    events.emit("change", true);
  };
  const beat = (): void => {
    if (held) {
      missed = 0;
      return;
    }
    if (++missed > MISSED) {
      if (alive) events.emit("change", false);
      alive = false;
      events.emit("silent");
    }
    const asked = session;
    if (!asked || asked.destroyed || pinged === asked) return;
    pinged = asked;
    // The callback gets an error when the session ends first.
    asked.ping((error, ms) => {
      if (pinged === asked) pinged = null;
      if (error) return;
      heard();
      events.emit("answer", ms);
    });
  };

  return {
    events,
    get alive() {
      return alive;
    },
    /** A session that has just been proven to lead to the agent: the one to be pinged from now on. */
    follow: (next: ClientHttp2Session): void => {
      session = next;
      timer ??= setInterval(beat, PING_MS).unref();
      heard();
    },
    hold: (next: boolean): void => {
      held = next;
      missed = 0;
    },
    close: (): void => clearInterval(timer),
  };
};
