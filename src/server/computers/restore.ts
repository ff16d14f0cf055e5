import { rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Viewport } from "../../contract/computer.ts";
import type { VitrineError } from "../../contract/errors.ts";
import { withCdp } from "../browser/cdp.ts";
import { BLANK, sizeWindow } from "../browser/first-tab.ts";
import { withDeadline } from "../deadline.ts";
import type { PerDisk } from "../disk.ts";
import { resizeDisplay } from "../display/resize.ts";
import type { Guest } from "../guest/guest.ts";
import type { Machine, MachineSpec, SavedState } from "../machine/machine.ts";
import { keepMachine } from "./boot.ts";
import { bringUp } from "./bring-up.ts";
import type { Engine, Live, Step } from "./engine.ts";
import { growDisks } from "./grow.ts";
import { type Stopwatch, stopwatch } from "./phases.ts";
import { bringProfile } from "./profile/bring.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "./record.ts";
import { renewalOf } from "./renewal.ts";
import { wholeFor } from "./whole.ts";

/** The screen and the disks of a saved machine; null: they are the computer's own. */
type Saved = { viewport: Viewport; disks_mb: PerDisk<number> } | null;

/** Where a computer goes on from. */
export interface Origin {
  state: SavedState;
  kind: "restored" | "resumed";
  /** What the saved agent takes; the computer's own secret when it was its own state. */
  secret?: string;
  saved: Saved;
  /** Others go on from the same state. Otherwise it is removed as soon as it has been loaded: the disk moves on, and it would not fit it any more. */
  shared: boolean;
}

/** Gives the saved screen, or window, the size that the session asks for. */
const resize = async (engine: Engine, record: ComputerRecord, guest: Guest, saved: Viewport, signal: AbortSignal): Promise<void> => {
  const { viewport } = record.spec.browser;
  if (!hasBrowser(record) || isDeepStrictEqual(viewport, saved)) return;
  await withCdp(guest, signal, (cdp) => {
    const seen = () => sizeWindow(cdp, viewport, !hasDisplay(record));
    return hasDisplay(record) ? resizeDisplay(guest, viewport, signal, seen) : seen();
  });
  engine.events.emit("resized", record);
};

/** What makes a restored machine this computer: a disk, an identity and a session of its own. */
export const become =
  (
    engine: Engine,
    record: ComputerRecord,
    spec: MachineSpec,
    { saved, copy }: { saved: Saved; copy: boolean },
    clock: Stopwatch,
    signal: AbortSignal,
  ) =>
  async (live: Live): Promise<void> => {
    const { machine, guest } = live;
    // Chromium does this on the processor that the agent leaves free.
    const resized = saved ? resize(engine, record, guest, saved.viewport, signal) : Promise.resolve();
    resized.catch(() => {});
    const grow = saved ? await growDisks(machine, spec.disks_mb, saved.disks_mb) : {};
    // Told while it is renewed, rather than before.
    const whole = guest.waitFor(wholeFor(record), signal);
    whole.catch(() => {});
    await guest.renew(() => {
      clock.done("agent");
      return renewalOf(engine, record, { grow, copy });
    }, signal);
    await whole;
    clock.done("identity");
    await resized;
    if (await bringProfile(engine, record, live, signal)) clock.done("profile");
    // The first page is not to see a browser without them.
    await live.keeper?.applied;
    const { url } = record.spec.browser;
    if (saved && url !== undefined && url !== BLANK) await live.watch?.open(url);
    clock.done("options");
  };

/**
 * Brings a computer up from a saved state. It is whole when its agent has renewed it, its browser has answered, and the options of its session are in force. On failure
 * nothing of the machine is left; whether the state is, see Origin.
 */
export const restore = (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  origin: Origin,
  parent: AbortSignal,
  step: Step,
  lastError?: VitrineError,
): Promise<ComputerRecord> =>
  withDeadline("The start of the computer", engine.bootDeadlineMs, parent, async (signal) => {
    const { state, shared } = origin;
    const clock = stopwatch();
    step("restore");
    const machine = await engine.machines.restore(spec, state, signal, keepMachine(engine, record.id, step), (phase) => {
      if (phase === "load" && !shared) {
        rmSync(state.file, { force: true });
        step("loaded");
      }
      clock.done(phase);
    });
    return goOn(engine, record, spec, machine, origin, clock, signal, step, lastError);
  });

/** From a machine that has loaded a saved state, and runs, to a computer that is whole. */
const goOn = (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  machine: Machine,
  { kind, secret, saved, shared }: Omit<Origin, "state">,
  clock: Stopwatch,
  signal: AbortSignal,
  step: Step,
  lastError?: VitrineError,
): Promise<ComputerRecord> => {
  step("renew");
  const guest = engine.openGuest(machine.link, secret ?? engine.guestSecret(record.id));
  const work = become(engine, record, spec, { saved, copy: shared }, clock, signal);
  return bringUp(engine, record, { machine, guest, kind, clock, signal, step, work, lastError });
};

/** Goes on with the machine of a computer that was being resumed when the service ended, and whose memory is nowhere else any more. */
export const resumeAgain = (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  machine: Machine,
  parent: AbortSignal,
  step: Step,
): Promise<ComputerRecord> =>
  withDeadline("The start of the computer", engine.bootDeadlineMs, parent, async (signal) => {
    await machine.resume();
    return goOn(engine, record, spec, machine, { kind: "resumed", saved: null, shared: false }, stopwatch(), signal, step);
  });
