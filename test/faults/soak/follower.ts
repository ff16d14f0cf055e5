import { ConnectionError, type Status, type Vitrine } from "../../../src/client/index.ts";
import { mayFollow } from "../../../src/server/computers/state.ts";
import type { Fleet } from "./fleet.ts";

/** Follows the changes of every computer's status, over the service's restarts: each is lawful, none is left out and none comes twice. Ends with `signal`. */
export const followStatuses = async (vitrine: Vitrine, fleet: Fleet, signal: AbortSignal): Promise<number> => {
  const last = new Map<string, Status>();
  let after = 0;
  let count = 0;
  while (!signal.aborted) {
    await fleet.down;
    try {
      for await (const { id, computer_id, data } of vitrine.events({ after, types: ["computer.status"], signal })) {
        const { status, previous } = data as { status: Status; previous: Status | null };
        const before = last.get(computer_id as string) ?? null;
        if (id <= after) fleet.violated(`event ${id} comes after event ${after}`);
        if (previous !== before) fleet.violated(`${computer_id} went from ${previous} to ${status}, and was ${before}`);
        if (before !== null && !mayFollow(before, status)) fleet.violated(`${computer_id} went from ${before} to ${status}`);
        last.set(computer_id as string, status);
        after = id;
        count++;
      }
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof ConnectionError)) fleet.violated(`the events cannot be followed: ${error}`);
      // The service may have been killed before its end was known here.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return count;
};
