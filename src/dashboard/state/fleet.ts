import { signal } from "@preact/signals";
import type { Computer } from "../../contract/computer.ts";
import type { Event, EventType } from "../../contract/events.ts";
import { tell } from "../words/event.ts";
import { CallError, call } from "./api.ts";
import { follow } from "./follow.ts";

/** The computers that the caller sees, by id; null until they are known. */
export const computers = signal<ReadonlyMap<string, Computer> | null>(null);
/** Whether what is shown follows the service: `lost` while it does not answer. */
export const connection = signal<"connecting" | "live" | "lost">("connecting");
/** How often the service has come back. */
export const returns = signal(0);

/** What changes a computer's record. */
const CHANGES: readonly EventType[] = [
  "computer.status",
  "computer.progress",
  "cdp.connected",
  "cdp.disconnected",
  "viewer.joined",
  "viewer.left",
  "terminal.opened",
  "terminal.closed",
  "exec",
  "process.started",
  "recording.started",
  "recording.ended",
  "browser.crashed",
  "port.published",
  "port.unpublished",
];
const PAGE = 100;
/** How what a computer waits for, or has waited for, gets on, in words, by its id. */
export const progress = signal<ReadonlyMap<string, string>>(new Map());

const set = (change: (known: Map<string, Computer>) => void): void => {
  const known = new Map(computers.value ?? []);
  change(known);
  computers.value = known;
};
/** Takes over a record that a call answered. */
export const learn = (computer: Computer): void =>
  set((known) => (computer.status === "deleted" ? known.delete(computer.id) : known.set(computer.id, computer)));
const forget = (id: string): void => set((known) => known.delete(id));

const loadAll = async (abort: AbortSignal): Promise<void> => {
  const found = new Map<string, Computer>();
  let cursor: string | null = null;
  do {
    const page: { data: Computer[]; next_cursor: string | null } = await call("get", "/v1/computers", {
      query: { limit: PAGE, ...(cursor !== null && { cursor }) },
      signal: abort,
    });
    for (const computer of page.data) found.set(computer.id, computer);
    cursor = page.next_cursor;
  } while (cursor !== null);
  computers.value = found;
};

/** Asks for the records of computers that have changed: of each one at a time, and once more when it changed meanwhile. */
const refresher = (abort: AbortSignal) => {
  const asking = new Map<string, "once" | "again">();
  const ask = async (id: string): Promise<void> => {
    do {
      asking.set(id, "once");
      try {
        learn(await call("get", "/v1/computers/{id}", { params: { id }, signal: abort }));
      } catch (error) {
        if (error instanceof CallError && error.code === "computer_not_found") forget(id);
      }
    } while (asking.get(id) === "again" && !abort.aborted);
    asking.delete(id);
  };
  return (id: string): void => {
    if (asking.has(id)) asking.set(id, "again");
    else void ask(id);
  };
};

/** Keeps `computers` as the service has them until `abort` does. */
export const followFleet = (abort: AbortSignal): void => {
  const refresh = refresher(abort);
  const onEvent = (event: Event): void => {
    const { computer_id, type, data } = event;
    if (computer_id === null) return;
    if (type === "computer.progress") progress.value = new Map(progress.value).set(computer_id, tell(event));
    else if (type === "computer.status" && data.status === "deleted") forget(computer_id);
    else refresh(computer_id);
  };
  void follow(
    {
      path: "/v1/events",
      types: CHANGES,
      after: "latest",
      // All of them again: what happened while the service was away may not be told any more.
      onOpen: async () => {
        await loadAll(abort);
        if (connection.value === "lost") returns.value++;
        connection.value = "live";
      },
      onEvent,
      onLost: () => {
        connection.value = "lost";
      },
    },
    abort,
  );
};
