import { VitrineError } from "../../contract/errors.ts";
import { keepOverrides } from "../browser/keeper.ts";
import { hasOverrides } from "../browser/overrides.ts";
import type { Machine, MachineExit } from "../machine/machine.ts";
import { Activity } from "./activity.ts";
import { crashWatch } from "./crashes.ts";
import { type Engine, type Live, update } from "./engine.ts";
import { type ComputerRecord, hasBrowser } from "./record.ts";

/**
 * Takes a running machine into the service: stands between it and the network, reminds its browser of the session's options, and watches for its end. `guest` is its link, which is
 * opened where it is not yet; from then on detach() closes it.
 */
export const attach = (
  engine: Engine,
  record: ComputerRecord,
  machine: Machine,
  guest = engine.openGuest(machine.link, engine.guestSecret(record.id)),
): Live => {
  const activity = new Activity(() => engine.events.emit("activity", record.id));
  const warn = (error: unknown) => engine.log.warn({ computer: record.id, err: error }, "the session's options are not in force");
  const keeper = hasBrowser(record) && hasOverrides(record.spec.browser) ? keepOverrides(guest, record.spec.browser, warn) : null;
  const gate = engine.openGate(record);
  const live: Live = { machine, guest, activity, keeper, gate };
  engine.live.set(record.id, live);
  // Followed for as long as it runs, so that what the API says of the browser is so now.
  const crashed = crashWatch(({ status, starts }) =>
    engine.emit({ type: "browser.crashed", computer_id: record.id, data: { status, starts } }),
  );
  guest.onState(({ browser }) => {
    crashed(browser);
    if (browser.status === "failed") engine.log.warn({ computer: record.id, reason: browser.reason }, "Chromium does not stay up");
  });
  guest.serveConnections({ accept: gate.accept, refused: gate.notice });
  void machine.exited.then((exit) => onExit(engine, record.id, live, exit));
  return live;
};

/** Lets go of the guest link; the machine itself is the caller's to end. */
export const detach = (engine: Engine, id: string, live: Live): void => {
  if (engine.live.get(id) === live) engine.live.delete(id);
  live.keeper?.close();
  live.gate.close();
  live.guest.close();
};

/**
 * A machine that ends while nobody asked for it leaves a computer in error, or stopped when the guest powered itself off. A verb under way sees
 * the exit by itself.
 */
const onExit = async (engine: Engine, id: string, live: Live, { reason, cause }: MachineExit): Promise<void> => {
  if (engine.live.get(id) !== live) return;
  const status = engine.store.computers.get(id)?.status;
  if (status !== "running") return;
  detach(engine, id, live);
  const stopped_at = new Date().toISOString();
  const error = new VitrineError("machine_failed", { reason });
  if (cause === "poweroff") update(engine, id, { status: "stopped", stopped_at });
  else update(engine, id, { status: "error", stopped_at, last_error: { code: error.code, message: error.message } });
  engine.log.warn({ computer: id, reason }, "machine ended unasked");
  await live.machine.kill();
  // Unless it has been started again meanwhile.
  const now = engine.store.computers.get(id)?.status;
  if (now === "stopped" || now === "error") update(engine, id, { machine: null });
};

/** Rejects with machine_failed when the machine ends before `work` does. */
export const whileAlive = <T>(machine: Machine, work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    machine.exited.then(({ reason }) => {
      throw new VitrineError("machine_failed", { reason });
    }),
  ]);
