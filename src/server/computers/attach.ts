import { VitrineError } from "../../contract/errors.ts";
import { keepOverrides } from "../browser/keeper.ts";
import { hasOverrides } from "../browser/overrides.ts";
import type { Guest } from "../guest/guest.ts";
import type { Machine } from "../machine/machine.ts";
import { Activity } from "./activity.ts";
import { detach, type Engine, type Live, lastErrorOf, update } from "./engine.ts";
import { type ComputerRecord, hasBrowser } from "./record.ts";
import { watch } from "./watch.ts";

/** What reminds the browser of a session's options; null where it has none. */
export const keeperFor = (engine: Engine, record: ComputerRecord, guest: Guest): Live["keeper"] => {
  const warn = (error: unknown) => engine.log.warn({ computer: record.id, err: error }, "the session's options are not in force");
  return hasBrowser(record) && hasOverrides(record.spec.browser) ? keepOverrides(guest, record.spec.browser, warn) : null;
};

/**
 * Takes a running machine into the service: stands between it and the network, reminds its browser of the session's options, and watches for its end. `guest` is its link, which is
 * opened where it is not yet; from then on detach() closes it. `untouched`: it is not running yet, so its browser has had no client.
 */
export const attach = (
  engine: Engine,
  record: ComputerRecord,
  machine: Machine,
  guest = engine.openGuest(machine.link, engine.guestSecret(record.id)),
  untouched = false,
): Live => {
  const activity = new Activity(() => engine.events.emit("activity", record.id));
  const gate = engine.openGate(record);
  const keeper = keeperFor(engine, record, guest);
  const watched = hasBrowser(record) ? engine.openWatch(record.id, guest, untouched) : null;
  const live: Live = { machine, guest, activity, keeper, watch: watched, relaunching: false, gate };
  engine.live.set(record.id, live);
  watch(engine, record.id, live, (error) => void end(engine, record.id, live, error));
  guest.serveConnections({ accept: gate.accept, refused: gate.notice });
  void machine.exited.then(({ reason, cause }) =>
    end(engine, record.id, live, cause === "poweroff" ? null : new VitrineError("machine_exited", { reason })),
  );
  return live;
};

/**
 * Ends a machine that is of no use any more, or has ended while nobody asked for it: its computer is in error, or stopped when the guest powered itself off. A verb under way
 * sees to it by itself. Never rejects.
 */
const end = async (engine: Engine, id: string, live: Live, error: VitrineError | null): Promise<void> => {
  try {
    if (engine.live.get(id) !== live || engine.store.computers.get(id)?.status !== "running") return;
    engine.log.warn({ computer: id, reason: error?.message ?? "the guest powered off" }, "machine ended unasked");
    detach(engine, id, live, error ?? undefined);
    const stopped_at = new Date().toISOString();
    if (error) update(engine, id, { status: "error", stopped_at, last_error: lastErrorOf(error) });
    else update(engine, id, { status: "stopped", stopped_at });
    await live.machine.kill();
    // Unless it has been started again meanwhile.
    const now = engine.store.computers.get(id)?.status;
    if (now === "stopped" || now === "error") update(engine, id, { machine: null });
  } catch (cause) {
    // The next service finds it as it is.
    engine.log.error({ computer: id, err: cause }, "the end of a machine could not be written down");
  }
};

/** Rejects with machine_failed when the machine ends before `work` does. */
export const whileAlive = <T>(machine: Machine, work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    machine.exited.then(({ reason }) => {
      throw new VitrineError("machine_failed", { reason });
    }),
  ]);
