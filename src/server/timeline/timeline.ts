import { EventEmitter } from "node:events";
import type { Event, EventType } from "../../contract/events.ts";
import type { EventFilter, EventStore } from "../store/events.ts";

export interface NewEvent {
  type: EventType;
  /** Null: an event of the service itself. */
  computer_id: string | null;
  /** The id of the key or link that asked for it. */
  actor?: string | null;
  data?: Record<string, unknown>;
}

/** Writes down what happened. Never throws and never waits: an event that cannot be kept is logged and lost. */
export type Emit = (event: NewEvent) => void;

export interface TimelineLimits {
  /** Seconds that an event is kept. */
  retentionS: number;
  /** Events of one computer that are kept; the service's own count as one more computer's. */
  perComputer: number;
}

export interface TimelinePorts {
  store: EventStore;
  limits: TimelineLimits;
  log: { error(details: object, message: string): void };
}

/** Events of one computer after which it is pruned again. */
const PRUNE_EVERY = 500;
/** How often what is too old is removed, milliseconds; what is kept for less, as often as that. */
const SWEEP_MS = 3600_000;
/** Events that a follower reads at once. */
const PAGE = 200;
/** What pages can bring about as often as they like. A part of a computer's events at most, so that they do not push out what else happened. */
const OF_PAGES: readonly EventType[] = ["page.navigated", "page.console", "download.started", "download.finished"];
const PART_OF_PAGES = 1 / 2;
/** Characters of `data` as JSON: what a guest says may be long. */
const MAX_DATA = 16 * 1024;

/** What happened to the computers and to the service, in one order: written down as it happens, read later, and followed as it comes. */
export const openTimeline = ({ store, limits, log }: TimelinePorts) => {
  const news = new EventEmitter<{ event: [Event] }>().setMaxListeners(0);
  const closed = new AbortController();
  /** Events since a computer was pruned. */
  const unpruned = new Map<string | null, number>();

  const prune = (computerId: string | null): void => {
    store.pruneTypes(computerId, OF_PAGES, Math.ceil(limits.perComputer * PART_OF_PAGES));
    store.prune(computerId, limits.perComputer);
  };
  const count = (computerId: string | null): void => {
    const count = (unpruned.get(computerId) ?? 0) + 1;
    unpruned.set(computerId, count);
    if (count < PRUNE_EVERY) return;
    unpruned.delete(computerId);
    prune(computerId);
  };
  const sweep = (): void => {
    try {
      const time = new Date(Date.now() - limits.retentionS * 1000).toISOString();
      while (store.pruneBefore(time) > 0);
      for (const id of store.over(limits.perComputer)) prune(id);
      unpruned.clear();
    } catch (error) {
      log.error({ err: error }, "old events could not be removed");
    }
  };

  const tell = (event: Event): void => {
    try {
      news.emit("event", event);
    } catch (error) {
      log.error({ err: error, event: event.id }, "a listener failed");
    }
  };

  const emit: Emit = ({ type, computer_id, actor = null, data = {} }) => {
    try {
      const json = JSON.stringify(data);
      const kept = json.length <= MAX_DATA ? json : JSON.stringify({ left_out: `${json.length} characters` });
      const event = { at: new Date().toISOString(), type, computer_id, actor };
      const id = store.insert(event, kept);
      count(computer_id);
      tell({ id, ...event, data: JSON.parse(kept) });
    } catch (error) {
      log.error({ err: error, type, computer: computer_id }, "an event is lost");
    }
  };

  const onEvent = (listener: (event: Event) => void): (() => void) => {
    news.on("event", listener);
    return () => void news.off("event", listener);
  };

  sweep();
  const timer = setInterval(sweep, Math.min(SWEEP_MS, limits.retentionS * 1000)).unref();

  return {
    emit,
    read: store.read,
    latest: store.latest,
    knows: store.knows,
    lastId: store.lastId,
    /** Calls back with each event as soon as it is written down. */
    onEvent,
    /**
     * The events after the one with the id `after`, then each that comes, in order, none left out and none twice. They are read from the store as
     * fast as the reader takes them, so a slow one costs no memory; it misses what retention takes meanwhile. Ends when `signal` aborts, when the
     * timeline is closed, and when all is read once `isOver` says that nothing more will come.
     */
    follow: async function* (
      filter: EventFilter,
      after: number,
      { signal, isOver = () => false }: { signal: AbortSignal; isOver?: () => boolean },
    ): AsyncGenerator<Event> {
      const ended = AbortSignal.any([signal, closed.signal]);
      let more = Promise.withResolvers<void>();
      const onAbort = () => more.resolve();
      ended.addEventListener("abort", onAbort, { once: true });
      const leave = onEvent(({ computer_id }) => {
        if (filter.computerId === undefined || filter.computerId === computer_id) more.resolve();
      });
      try {
        // Who asks for what lies ahead, because a crash of the host took it, is not to miss what comes instead.
        let at = Math.min(after, store.lastId());
        while (!ended.aborted) {
          more = Promise.withResolvers();
          const over = isOver();
          const last = store.lastId();
          const page = store.read({ ...filter, after: at, limit: PAGE });
          for (const event of page) {
            yield event;
            if (ended.aborted) return;
          }
          at = page.length < PAGE ? last : (page.at(-1)?.id ?? last);
          if (page.length === PAGE) continue;
          if (over) return;
          await more.promise;
        }
      } finally {
        leave();
        ended.removeEventListener("abort", onAbort);
      }
    },
    /** Ends whoever follows. What is emitted later is still written down, while the store is open. */
    close: (): void => {
      clearInterval(timer);
      closed.abort();
    },
  };
};
export type Timeline = ReturnType<typeof openTimeline>;
