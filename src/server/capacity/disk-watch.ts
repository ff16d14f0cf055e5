import { EventEmitter } from "node:events";
import { VitrineError } from "../../contract/errors.ts";

export interface DiskWatchOptions {
  /** MiB that are free now. */
  freeMb(): number;
  /** MiB that are to stay free. */
  reserveMb: number;
}

interface Events {
  /** Less is free than is to stay free. */
  low: [];
  /** Enough is free again. */
  ok: [];
  /** Found so at each look: for whoever has run out of space and tries again. */
  room: [];
}

/** Milliseconds between two looks. */
const LOOK_MS = 10_000;
/** A disk with less than this is full, whatever the reserve. MiB. */
const LEAST_MB = 32;

/** Looks at the free space of the data directory's disk, by itself every ten seconds. */
export const watchDisk = ({ freeMb, reserveMb }: DiskWatchOptions) => {
  const events = new EventEmitter<Events>().setMaxListeners(0);
  const least = Math.max(reserveMb, LEAST_MB);
  let low = false;

  /** Looks now. Answers whether it is low. */
  const look = (): boolean => {
    const before = low;
    low = freeMb() < least;
    if (low !== before) events.emit(low ? "low" : "ok");
    if (!low) events.emit("room");
    return low;
  };
  const figures = () => ({ free_mb: Math.floor(freeMb()), reserve_mb: least });
  const timer = setInterval(look, LOOK_MS).unref();
  look();

  return {
    events,
    look,
    /** As it was found last. */
    get low() {
      return low;
    },
    /** As an event tells it. MiB. */
    figures,
    /** Throws host_disk_low. */
    require: (): void => {
      if (look()) throw new VitrineError("host_disk_low", figures());
    },
    close: (): void => clearInterval(timer),
  };
};
export type DiskWatch = ReturnType<typeof watchDisk>;
