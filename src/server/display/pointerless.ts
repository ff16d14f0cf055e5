import type { Duplex } from "node:stream";
import type { Framebuffer, Rectangle } from "./framebuffer.ts";
import { RfbClient } from "./rfb-client.ts";
import type { Cursor } from "./rfb-updates.ts";

/** What is drawn over a larger area than this is no pointer. */
const MAX_POINTER_SIDE = 256;
const NO_BUTTONS = 0;

type Point = Readonly<{ x: number; y: number }>;

/** Where the pointer's tip is, from the area that its picture covers; at the left and upper edge of the screen a part of that is cut off. */
const tip = (area: Rectangle, { width, height, hotX, hotY }: Cursor): Point => ({
  x: Math.max(0, (area.x === 0 ? area.width - width : area.x) + hotX),
  y: Math.max(0, (area.y === 0 ? area.height - height : area.y) + hotY),
});

/**
 * TigerVNC draws the pointer for every client that has not itself moved it to where it is. So it is moved to a place under its own picture, which makes the server leave it
 * to us and tell its shape, and from that to the very place where it was.
 */
const hide = async (client: RfbClient, area: Rectangle, signal: AbortSignal): Promise<void> => {
  const far = { x: area.x + area.width - 1, y: area.y + area.height - 1 };
  // One of the two is another place than where it is.
  for (const { x, y } of [area, far]) {
    client.pointer(x, y, NO_BUTTONS);
    await client.refresh(signal);
    if (client.cursor?.width) break;
  }
  if (!client.cursor?.width) return;
  const place = tip(area, client.cursor);
  client.pointer(place.x, place.y, NO_BUTTONS);
  await client.refresh(signal);
};

/** Runs `work` with the screen's picture without the pointer, over a stream of its own, which is ended. Errors: display_unavailable. */
export const withoutPointer = async <T>(stream: Duplex, signal: AbortSignal, work: (framebuffer: Framebuffer) => T): Promise<T> => {
  const client = await RfbClient.connect(stream, signal, { withoutPointer: true });
  try {
    let last: Rectangle | undefined;
    // The pointer is drawn last.
    const leave = client.onDamage((damage) => {
      last ??= damage.at(-1);
    });
    await client.refresh(signal);
    leave();
    const isDrawn = !client.cursor?.width && last && last.width <= MAX_POINTER_SIDE && last.height <= MAX_POINTER_SIDE;
    if (isDrawn && last) await hide(client, last, signal);
    return work(client.framebuffer);
  } finally {
    client.close();
  }
};
