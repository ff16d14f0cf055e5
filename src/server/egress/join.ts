import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";

/** Joins a connection of a guest to one that was dialled for it, byte for byte, each half until it ends. An error or an abrupt end of either closes both. */
export const join = (guest: Duplex, outside: Socket): void => {
  const onEnd = (error: Error | null | undefined) => {
    if (!error) return;
    outside.destroy();
    guest.destroy();
  };
  pipeline(guest, outside, onEnd);
  pipeline(outside, guest, onEnd);
};
