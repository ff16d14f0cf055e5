import type { Viewport } from "../../contract/computer.ts";
import { withDeadline } from "../deadline.ts";
import { connectDisplay, type DisplayGuest } from "./connect.ts";
import { RfbClient } from "./rfb-client.ts";
import { setDesktopSize } from "./rfb-messages.ts";

const RESIZE_MS = 30_000;

/**
 * Gives the guest's screen another size, and holds the connection that asked for it until `seen` resolves: the X server tells its own windows, and whoever has one sees it
 * there. Errors: display_unavailable, timeout.
 */
export const resizeDisplay = (guest: DisplayGuest, size: Viewport, signal: AbortSignal, seen: () => Promise<void>): Promise<void> =>
  withDeadline("The screen's new size", RESIZE_MS, signal, async (bounded) => {
    const stream = await connectDisplay(guest, bounded);
    const client = await RfbClient.connect(stream, bounded);
    try {
      stream.write(setDesktopSize(size));
      await seen();
    } finally {
      client.close();
    }
  });
