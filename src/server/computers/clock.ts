import type { Engine, Live } from "./engine.ts";

/** Sets a guest's clock, which stood still with its machine. Never rejects. */
export const setClock = (engine: Engine, id: string, { guest }: Live, signal: AbortSignal): Promise<void> =>
  guest.configure({ clock_ms: Date.now() }, signal).catch((error) => engine.log.warn({ computer: id, err: error }, "clock not set"));
