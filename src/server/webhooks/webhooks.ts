import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../contract/errors.ts";
import type { Event } from "../../contract/events.ts";
import { type CreateWebhook, typesBelow } from "../../contract/webhooks.ts";
import { type Caller, ownerOf } from "../auth/caller.ts";
import type { Internet } from "../egress/internet.ts";
import type { WebhookRecord, WebhookStore } from "../store/webhooks.ts";
import type { Emit, Timeline } from "../timeline/timeline.ts";
import { post } from "./post.ts";
import { SCHEDULE, type Schedule, waitAfter } from "./schedule.ts";
import { newSecret, signed } from "./sign.ts";
import { judge, type Reach } from "./target.ts";

/** Webhooks of one key, and of the operator's. */
const MOST = 50;
/** The receiver wants no more: https://www.standardwebhooks.com says to stop then. */
const GONE = 410;

export interface WebhookPorts {
  store: WebhookStore;
  timeline: Pick<Timeline, "follow" | "lastId">;
  internet: Internet;
  generateId(prefix: string): string;
  emit: Emit;
  log: { warn(details: object, message: string): void; error(details: object, message: string): void };
  schedule?: Schedule;
}

const reachOf = ({ key_id }: Pick<WebhookRecord, "key_id">): Reach => (key_id === null ? "host" : "internet");

/** What is POSTed: the event as the API has it, and its time under the name that Standard Webhooks gives it. */
const bodyOf = (event: Event): string => JSON.stringify({ ...event, timestamp: event.at });

/**
 * Sends the timeline's events to where keys want them. Each webhook is sent one event at a time, in their order, the next when one was taken: how far it is, and how often
 * the next one was sent in vain, is in the store, so a service that ends in whatever way goes on there. An event may come twice, never not at all, unless
 * the webhook is disabled or retention has taken it.
 */
export const openWebhooks = ({ store, timeline, internet, generateId, emit, log, schedule = SCHEDULE }: WebhookPorts) => {
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();

  /** Null: it was taken; otherwise why not. Throws when `signal` aborts. */
  const send = async (hook: WebhookRecord, event: Event, signal: AbortSignal): Promise<{ reason: string; gone: boolean } | null> => {
    const body = bodyOf(event);
    const headers = signed(hook.secret, `${hook.id}-${event.id}`, Date.now(), body);
    try {
      const status = await post({ internet, reach: reachOf(hook) }, hook.url, headers, body, signal);
      return status >= 200 && status < 300 ? null : { reason: `it answered ${status}`, gone: status === GONE };
    } catch (error) {
      signal.throwIfAborted();
      return { reason: (error as Error).message, gone: false };
    }
  };

  /** Sends an event until it is taken; false: the webhook is disabled. */
  const deliver = async (id: string, event: Event, signal: AbortSignal): Promise<boolean> => {
    for (;;) {
      const hook = store.get(id);
      if (!hook) return false;
      // No longer than that, should the clock have been put back.
      if (hook.next_attempt_at)
        await sleep(Math.min(Math.max(Date.parse(hook.next_attempt_at) - Date.now(), 0), schedule.longestMs), undefined, { signal });
      const failure = await send(hook, event, signal);
      const at = Date.now();
      if (!failure) {
        store.taken(id, event.id, new Date(at).toISOString());
        return true;
      }
      const attempts = hook.attempts + 1;
      const wait = failure.gone ? null : waitAfter(schedule, attempts);
      store.failed(id, {
        attempts,
        next_attempt_at: wait === null ? null : new Date(at + wait).toISOString(),
        last_error: failure.reason,
        disabled_at: wait === null ? new Date(at).toISOString() : null,
      });
      if (wait !== null) continue;
      log.warn({ webhook: id, reason: failure.reason }, "a webhook is disabled");
      emit({ type: "webhook.disabled", computer_id: null, data: { webhook_id: id, reason: failure.reason, position: hook.position } });
      return false;
    }
  };

  const follow = async ({ id, key_id, events, position }: WebhookRecord, signal: AbortSignal): Promise<void> => {
    const types = events.length === 0 ? undefined : [...new Set(events.flatMap(typesBelow))];
    for await (const event of timeline.follow({ types, keyId: key_id }, position, { signal }))
      if (!(await deliver(id, event, signal))) return;
  };

  const begin = (hook: WebhookRecord): void => {
    const abort = new AbortController();
    const done = follow(hook, abort.signal).catch((error) => {
      if (!abort.signal.aborted) log.error({ webhook: hook.id, err: error }, "a webhook is sent nothing until the next start");
    });
    running.set(hook.id, { abort, done });
  };
  const remove = (id: string): void => {
    running.get(id)?.abort.abort();
    running.delete(id);
    store.remove(id);
  };

  return {
    /** Throws invalid_request for a place that the key must not reach, quota_exceeded. */
    create: (caller: Caller, { url, events, secret = newSecret(), after }: CreateWebhook): WebhookRecord => {
      const key_id = ownerOf(caller);
      const refused = judge(reachOf({ key_id }), new URL(url));
      if (refused) throw new VitrineError("invalid_request", { reason: `url: ${refused}` });
      const used = store.count(key_id);
      if (used >= MOST) throw new VitrineError("quota_exceeded", { limit: MOST, what: "webhooks", wanted: used + 1, used });
      const hook: WebhookRecord = {
        id: generateId("whk"),
        key_id,
        url,
        events,
        secret,
        created_at: new Date().toISOString(),
        position: after === "latest" ? timeline.lastId() : after,
        delivered_at: null,
        attempts: 0,
        next_attempt_at: null,
        last_error: null,
        disabled_at: null,
      };
      store.insert(hook);
      begin(hook);
      return hook;
    },
    list: (caller: Caller): WebhookRecord[] => store.list(ownerOf(caller)),
    /** Throws webhook_not_found. */
    remove: (caller: Caller, id: string): void => {
      const hook = store.get(id);
      if (!hook || (caller.key !== null && hook.key_id !== caller.key.id)) throw new VitrineError("webhook_not_found", { id });
      remove(id);
    },
    /** Takes away those of a key that is no more. */
    removeOf: (keyId: string): void => {
      for (const { id } of store.list(keyId)) remove(id);
    },
    /** Goes on where an earlier service was. To be called once. */
    resume: (): void => {
      for (const hook of store.list(null)) if (hook.disabled_at === null) begin(hook);
    },
    /** Ends all sending. What was sent and not answered yet is sent again by the next service. */
    close: async (): Promise<void> => {
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
    },
  };
};
export type Webhooks = ReturnType<typeof openWebhooks>;
