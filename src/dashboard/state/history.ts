import { type Signal, signal } from "@preact/signals";
import type { Event, EventType } from "../../contract/events.ts";
import { TELLABLE } from "../words/event.ts";
import { follow } from "./follow.ts";

/** Events that are kept in the page. */
const MOST = 300;

/** What happened to one computer, oldest first, as it happens. */
export type History = Signal<readonly Event[]>;

/** Follows a computer's events until `abort` does. */
export const followHistory = (id: string, abort: AbortSignal): History => {
  const history: History = signal([]);
  let news: Event[] = [];
  let frame = 0;
  const publish = () => {
    frame = 0;
    history.value = [...history.value, ...news].slice(-MOST);
    news = [];
  };
  const onEvent = (event: Event) => {
    news.push(event);
    // Thousands come at once when the page is opened.
    frame ||= requestAnimationFrame(publish);
  };
  void follow({ path: `/v1/computers/${encodeURIComponent(id)}/events`, types: TELLABLE, after: 0, onEvent }, abort);
  abort.addEventListener("abort", () => cancelAnimationFrame(frame));
  return history;
};

/** The id of the last event of one of these types; 0: there is none. What is loaded anew when it changes follows them. */
export const lastOf = (history: History, ...types: readonly EventType[]): number =>
  history.value.findLast(({ type }) => types.includes(type))?.id ?? 0;
/** The same of the types that begin with this. */
export const lastOfKind = (history: History, kind: string): number => history.value.findLast(({ type }) => type.startsWith(kind))?.id ?? 0;
