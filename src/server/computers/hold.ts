import type { Engine, Live } from "./engine.ts";

/** Milliseconds for the guest to take, or give back, what is free of its workspace. */
const HOLD_MS = 60_000;

const hold = (engine: Engine, id: string, { guest }: Live, on: boolean): void => {
  guest
    .holdWorkspace(on, AbortSignal.timeout(HOLD_MS))
    .catch((error) =>
      engine.log.warn({ computer: id, err: error }, on ? "its workspace could not be held" : "its workspace is still held"),
    );
};

/** Gives back what a service has held that is gone. */
export const releaseHeld = (engine: Engine, id: string, live: Live): void => {
  if (!engine.disk.low) hold(engine, id, live, false);
};

/** While the host's disk is low, a computer's workspace is full: its programs are told so by an ordinary error, long before a write could find no room on the host. */
export const holdWhileLow = (engine: Engine, id: string, live: Live): void => {
  const onLow = () => hold(engine, id, live, true);
  const onOk = () => hold(engine, id, live, false);
  engine.disk.events.on("low", onLow).on("ok", onOk);
  if (engine.disk.low) onLow();
  void live.machine.exited.then(() => {
    engine.disk.events.off("low", onLow).off("ok", onOk);
  });
};
