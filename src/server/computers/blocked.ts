import { VitrineError } from "../../contract/errors.ts";
import type { Ailments } from "./ailments.ts";
import { setClock } from "./clock.ts";
import type { Engine, Live } from "./engine.ts";

/** Milliseconds for the guest to take the time. */
const CLOCK_MS = 10_000;

/** A machine that a full disk of the host's has stopped goes on, with the write that it waits for, when there is room again. */
export const resumeWhenRoom = (engine: Engine, id: string, live: Live, ailment: Ailments): void => {
  const { machine, guest } = live;
  let blocked = false;

  const leave = machine.onBlocked(() => {
    if (blocked) return;
    blocked = true;
    guest.hold(true);
    engine.log.warn({ computer: id }, "stands still: the host's disk is full");
    engine.emit({ type: "machine.blocked", computer_id: id });
    ailment.begin(new VitrineError("host_disk_low", engine.disk.figures()));
    engine.disk.look();
  });
  const goOn = async (): Promise<void> => {
    // A verb under way has the machine for itself, and lets it go on by itself.
    if (!blocked || engine.operations.has(id) || engine.live.get(id) !== live) return;
    blocked = false;
    await machine.resume();
    guest.hold(false);
    engine.log.info({ computer: id }, "goes on: there is room on the host's disk");
    engine.emit({ type: "machine.unblocked", computer_id: id });
    ailment.end("host_disk_low");
    await setClock(engine, id, live, AbortSignal.timeout(CLOCK_MS));
  };
  const onRoom = () => void goOn().catch((error) => engine.log.warn({ computer: id, err: error }, "does not go on as it should"));
  engine.disk.events.on("room", onRoom);
  void machine.exited.then(() => {
    leave();
    engine.disk.events.off("room", onRoom);
  });
};
