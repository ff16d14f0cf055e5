import type { IncomingMessage } from "node:http";
import { type Duplex, PassThrough } from "node:stream";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { VitrineError } from "../../contract/errors.ts";
import { connectDisplay, type DisplayGuest } from "../display/connect.ts";
import type { Limits } from "../setup/limits.ts";
import { acceptSocket } from "./accept-socket.ts";
import { keepOpen } from "./client-socket.ts";
import { farewellOf } from "./cut.ts";
import { reach } from "./reach.ts";
import { RfbClientFilter, RfbViolation } from "./rfb-filter.ts";
import { type RelayEnd, splice } from "./splice.ts";

export interface DisplayRelayOptions {
  /** The upgrade request; its token, Host and Origin have been checked. */
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  guest: DisplayGuest;
  /** Drops all that would act on the computer, whatever the client is. */
  viewOnly: boolean;
  /** Aborted when the computer stops or the link ends, with a Cut that has the close code. */
  signal: AbortSignal;
  limits: Pick<Limits, "stallS">;
  requestId?: string;
  onOpen?: () => void;
  /** Called once for each onOpen. */
  onClose?: (end: RelayEnd) => void;
}

/** The longest message of a client; clipboard texts are the only long ones. */
const MAX_MESSAGE = 1024 * 1024 + 1024;

const upgrader = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: MAX_MESSAGE,
  handleProtocols: (protocols) => (protocols.has("binary") ? "binary" : false),
});

const join = async (
  { socket, viewOnly, signal, limits, onOpen, onClose }: DisplayRelayOptions,
  ws: WebSocket,
  guest: Duplex,
): Promise<RelayEnd> => {
  keepOpen(socket);
  const client = createWebSocketStream(ws);
  const up = new RfbClientFilter({ viewOnly });
  ws.on("message", (_, isBinary) => {
    if (!isBinary) up.destroy(new RfbViolation("text messages are not taken"));
  });
  // The stream's own end would wait for a close handshake that can no longer come.
  ws.once("close", () => client.destroy());
  const farewell = ({ by, error }: RelayEnd) => {
    if (by === "signal") {
      const { code, reason } = farewellOf(signal);
      ws.close(code, reason.slice(0, 100));
    } else if (by === "violation") ws.close(1008, error?.message.slice(0, 100));
    else if (by === "guest") ws.close(1001, "the display is gone");
  };
  onOpen?.();
  const end = await splice({ client, guest, up, down: new PassThrough(), signal, stallMs: limits.stallS * 1000, farewell });
  onClose?.(end);
  return end;
};

/**
 * Relays RFB over a WebSocket (noVNC) to the guest's VNC server. What fails before the upgrade is answered in HTTP with an error of the
 * registry. Resolves when both sides are gone, or with the error that refused the client; never rejects.
 */
export const relayDisplay = async (options: DisplayRelayOptions): Promise<RelayEnd | VitrineError> => {
  const both = await reach(options, async (signal) => {
    const display = await connectDisplay(options.guest, signal);
    try {
      return { display, ws: acceptSocket(upgrader, options) };
    } catch (error) {
      display.destroy();
      throw error;
    }
  });
  return "refusal" in both ? both.refusal : join(options, both.reached.ws, both.reached.display);
};
