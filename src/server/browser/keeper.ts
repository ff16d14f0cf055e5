import type { Guest } from "../guest/guest.ts";
import { type Cdp, connectCdp } from "./cdp.ts";
import { applyOverrides, type Overrides } from "./overrides.ts";

/** Keeps a session's overrides in force, also in a Chromium that is started later. */
export interface Keeper {
  /** Resolves when they are in force; rejects when they could not be brought into force. */
  readonly applied: Promise<void>;
  close(): void;
}

/** `onFailure` is told when they cannot be brought into force anew. */
export const keepOverrides = (
  guest: Pick<Guest, "connect" | "waitFor" | "onState">,
  overrides: Overrides,
  onFailure: (error: unknown) => void,
): Keeper => {
  const ended = new AbortController();
  let cdp: Cdp | null = null;

  const apply = async (): Promise<void> => {
    const connection = await connectCdp(guest, ended.signal);
    if (ended.signal.aborted) return connection.close();
    cdp = connection;
    await applyOverrides(connection, overrides);
    // The connection ends with its Chromium; the next one has to be told as well.
    void connection.closed.then(() => {
      if (!ended.signal.aborted) apply().catch((error) => ended.signal.aborted || onFailure(error));
    });
  };
  const applied = apply();
  applied.catch(() => {});
  return {
    applied,
    close: () => {
      ended.abort(new Error("the computer is let go"));
      cdp?.close();
    },
  };
};
