import type { VitrineError } from "../../contract/errors.ts";
import type { GuestState } from "../../contract/guest/protocol.ts";
import { parseAnswer, State } from "./answers.ts";
import { followLines } from "./follow.ts";
import type { Guest } from "./guest.ts";
import type { GuestLog, Link } from "./link.ts";

const MAX_LINE = 64 * 1024;

interface Listener {
  onState: (state: GuestState) => void;
  onFailure: (error: VitrineError) => void;
}

/** The guest's states as they come, while anyone wants them; the stream is opened anew after a loss. */
export const stateFeed = (link: Link, log: GuestLog): Pick<Guest, "state" | "onState" | "waitFor"> => {
  const listeners = new Set<Listener>();
  let state: GuestState | null = null;
  let following: AbortController | null = null;

  const follow = (signal: AbortSignal): Promise<void> =>
    followLines(link, { path: "/state", maxLine: MAX_LINE }, signal, {
      onLine: (line) => {
        const next = parseAnswer(State, line, "a state");
        state = next;
        for (const { onState } of [...listeners]) onState(next);
      },
      onFailure: (error) => {
        log("the guest's state cannot be followed", { error: error.message });
        for (const { onFailure } of [...listeners]) onFailure(error);
      },
    });

  const listen = (listener: Listener): (() => void) => {
    listeners.add(listener);
    if (!following && !link.closed.aborted) {
      following = new AbortController();
      void follow(AbortSignal.any([following.signal, link.closed]));
    }
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      following?.abort();
      following = null;
    };
  };

  return {
    get state() {
      return state;
    },
    onState: (onState) => listen({ onState, onFailure: () => {} }),
    waitFor: async (test, signal) => {
      signal.throwIfAborted();
      const found = Promise.withResolvers<GuestState>();
      const onState = (next: GuestState) => {
        try {
          if (test(next)) found.resolve(next);
        } catch (error) {
          found.reject(error);
        }
      };
      const onAbort = () => found.reject(signal.reason);
      const onClosed = () => found.reject(link.closed.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      link.closed.addEventListener("abort", onClosed, { once: true });
      if (link.closed.aborted) onClosed();
      // What is known already counts only while the stream keeps it true.
      const fresh = following ? state : null;
      const leave = listen({ onState, onFailure: found.reject });
      if (fresh) onState(fresh);
      try {
        return await found.promise;
      } finally {
        leave();
        signal.removeEventListener("abort", onAbort);
        link.closed.removeEventListener("abort", onClosed);
      }
    },
  };
};
