import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import { connectDisplay, type DisplayGuest } from "./connect.ts";
import { encodePng } from "./encode.ts";
import { RfbClient } from "./rfb-client.ts";

export interface Screenshot {
  data: Buffer;
  width: number;
  height: number;
}

const SCREENSHOT_MS = 30_000;

/**
 * The guest's screen, pointer included, as it is now. Works with Chromium closed or hung, because it is the VNC server that is asked.
 * Errors: display_unavailable, timeout.
 */
export const screenshot = (guest: DisplayGuest, { signal }: { format: "png"; signal: AbortSignal }): Promise<Screenshot> =>
  withDeadline("The screenshot", SCREENSHOT_MS, signal, async (bounded) => {
    const stream = await connectDisplay(guest, bounded);
    const hangUp = () => stream.destroy();
    bounded.addEventListener("abort", hangUp, { once: true });
    try {
      const client = await RfbClient.connect(stream);
      await client.refresh();
      const { framebuffer } = client;
      return { data: await encodePng(framebuffer), width: framebuffer.width, height: framebuffer.height };
    } catch (error) {
      throw new VitrineError("display_unavailable", { reason: error instanceof Error ? error.message : String(error) }, { cause: error });
    } finally {
      bounded.removeEventListener("abort", hangUp);
      stream.destroy();
    }
  });
