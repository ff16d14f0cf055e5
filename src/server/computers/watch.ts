import { VitrineError } from "../../contract/errors.ts";
import type { EventType } from "../../contract/events.ts";
import { ailments } from "./ailments.ts";
import { resumeWhenRoom } from "./blocked.ts";
import { crashWatch } from "./crashes.ts";
import type { Engine, Live } from "./engine.ts";
import { holdWhileLow } from "./hold.ts";

/** A Chromium that is given up is started once more every half a minute; that it does not come back within this is the end. Milliseconds. */
const GIVEN_UP_MS = 60_000;

/** Tells the timeline, and the computer's record, what goes wrong in a machine that runs. `end` is called when its browser is beyond hope. */
export const watch = (engine: Engine, id: string, live: Live, end: (error: VitrineError) => void): void => {
  const { guest, machine } = live;
  const tell = (type: EventType, data: Record<string, unknown> = {}) => engine.emit({ type, computer_id: id, data });
  const ailment = ailments(engine, id);

  let givenUp: NodeJS.Timeout | undefined;
  const giveUp = (reason: string): void => {
    if (engine.live.get(id) !== live) return;
    // A verb under way has the machine for itself.
    if (engine.operations.has(id)) givenUp = setTimeout(giveUp, GIVEN_UP_MS, reason);
    else end(new VitrineError("browser_failed", { reason: `Its last words: ${reason.slice(-500)}` }));
  };
  const crashed = crashWatch({
    browser: ({ status, starts }) => {
      if (!live.relaunching) tell("browser.crashed", { status, starts });
    },
    display: () => tell("display.crashed"),
    windowManager: () => tell("window_manager.crashed"),
  });
  // Followed for as long as it runs, so that what the API says of the browser is so now.
  guest.onState((state) => {
    crashed(state);
    const { status, reason = "none" } = state.browser;
    if (status === "failed" && !givenUp) {
      engine.log.warn({ computer: id, reason }, "Chromium does not stay up");
      givenUp = setTimeout(giveUp, GIVEN_UP_MS, reason);
    }
    if (status === "failed") return;
    clearTimeout(givenUp);
    givenUp = undefined;
  });
  void machine.exited.then(() => clearTimeout(givenUp));

  guest.onPing(engine.pinged);
  guest.onPulse((alive) => {
    if (alive) ailment.end("guest_unresponsive");
    else ailment.begin(new VitrineError("guest_unresponsive"));
    tell(alive ? "guest.responsive" : "guest.unresponsive");
    engine.log.warn({ computer: id }, alive ? "the guest answers again" : "the guest does not answer");
  });

  let agentEnded = false;
  const leave = machine.onAgent((up) => {
    if (up && agentEnded) tell("agent.restarted");
    agentEnded = !up;
  });
  void machine.exited.then(leave);

  resumeWhenRoom(engine, id, live, ailment);
  holdWhileLow(engine, id, live);
};
