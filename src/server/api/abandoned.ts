import type { Context } from "./context.ts";

/** A client that leaves before it has its answer does not know what was made for it, and nobody else does: it is undone. `signal` is the call's. */
export const ifAbandoned = ({ log }: Context, signal: AbortSignal, undo: () => Promise<unknown>): void => {
  const run = () => void undo().catch((error) => log.error({ err: error }, "what a client left behind cannot be undone"));
  if (signal.aborted) run();
  else signal.addEventListener("abort", run, { once: true });
};
