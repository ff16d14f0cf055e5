import type { Guest } from "../../src/server/guest/guest.ts";
import type { Host } from "../../src/server/host.ts";
import type { Machine, MachineDriver } from "../../src/server/machine/machine.ts";
import type { StillFleet } from "./still-fleet.ts";

type Work = Pick<Host, "machines" | "openGuest" | "image" | "template">;

export interface HeldFleet extends Work {
  /** Calls that are made from now on, as `before boot`, `after boot`; the one at this place waits. Beyond the last of them nothing does. */
  hold(place: number): Hold;
}
export interface Hold {
  /** Resolves with what was come to. */
  reached: Promise<string>;
  release(): void;
}

/** A fleet whose work on machines and guests can be stopped at each of its calls, before and after it, so that a test knows where a verb stands. */
export const heldFleet = ({ driver, openGuest }: StillFleet, { image, template }: Pick<Host, "image" | "template">): HeldFleet => {
  let left = -1;
  let reached = Promise.withResolvers<string>();
  let gate = Promise.withResolvers<void>();

  const pass = async (point: string): Promise<void> => {
    if (left < 0 || left-- > 0) return;
    reached.resolve(point);
    await gate.promise;
  };
  type Call = (...args: never[]) => Promise<unknown>;
  const wrap = <T extends Call>(name: string, call: T, onAnswer = (answer: unknown) => answer): T =>
    (async (...args: never[]) => {
      await pass(`before ${name}`);
      const answer = await call(...args);
      await pass(`after ${name}`);
      return onAnswer(answer);
    }) as T;
  const machineOf = (machine: unknown): Machine => {
    const { pause, resume, saveState, kill, agentUp } = machine as Machine;
    return {
      ...(machine as Machine),
      pause: wrap("pause", pause),
      resume: wrap("resume", resume),
      saveState: wrap("saveState", saveState),
      kill: wrap("kill", kill),
      agentUp: wrap("agentUp", agentUp),
    };
  };
  const guestOf = (guest: Guest): Guest => ({
    ...guest,
    waitFor: wrap("waitFor", guest.waitFor),
    renew: wrap("renew", guest.renew),
    standby: wrap("standby", guest.standby),
    powerOff: wrap("powerOff", guest.powerOff),
    exec: wrap("exec", guest.exec),
  });
  const machines: MachineDriver = {
    ...driver,
    prepare: wrap("prepare", driver.prepare),
    copy: wrap("copy", driver.copy),
    freezeDisks: wrap("freezeDisks", driver.freezeDisks),
    boot: wrap("boot", driver.boot, machineOf),
    restore: wrap("restore", driver.restore, machineOf),
    halt: wrap("halt", driver.halt),
    destroy: wrap("destroy", driver.destroy),
  };
  return {
    machines,
    openGuest: (link, secret) => guestOf(openGuest(link, secret)),
    image: wrap("image", image),
    template: wrap("template", template),
    hold: (place) => {
      left = place;
      reached = Promise.withResolvers();
      gate = Promise.withResolvers();
      const { resolve } = gate;
      const release = () => {
        left = -1;
        resolve();
      };
      return { reached: reached.promise, release };
    },
  };
};
