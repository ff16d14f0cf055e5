import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { BrowserGone, type BrowserGuest, withBrowser } from "../browser/endpoint.ts";
import { askBrowser } from "../browser/request.ts";
import type { Limits } from "../setup/limits.ts";
import { CdpUpstream } from "./cdp-filter.ts";
import { keepOpen } from "./client-socket.ts";
import { farewellOf } from "./cut.ts";
import { reach } from "./reach.ts";
import { type RelayEnd, splice } from "./splice.ts";
import { WsDownstream } from "./ws-downstream.ts";
import { WsViolation } from "./ws-frames.ts";

/** `browser` is the endpoint that outlives a relaunch of Chromium; a target belongs to one Chromium. */
export type CdpPath = "browser" | { kind: "browser" | "page"; target: string };

export interface CdpRelayOptions {
  /** The upgrade request; its token, Host and Origin have been checked. */
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  guest: BrowserGuest;
  path: CdpPath;
  /** Aborted when the computer stops or the link ends, with a Cut that has the close code. */
  signal: AbortSignal;
  limits: Pick<Limits, "messageBytes" | "stallS">;
  /** The client is kept waiting for it. */
  ready?: Promise<void> | undefined;
  requestId?: string;
  waitMs?: number;
  onOpen?: () => void;
  /** Called each time that the client turns the domain Runtime on. */
  onRuntime?: () => void;
  /** Called once for each onOpen. */
  onClose?: (end: RelayEnd) => void;
}

const TARGET_ID = /^[\w-]{1,128}$/;

/** Only what a handshake needs goes to the guest: no cookies, no authorization, no Origin, no extensions. */
const upstreamHeaders = (key: string) => ({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": key,
});

const connectUpstream = async (guest: BrowserGuest, path: CdpPath, key: string, wsPath: string, signal: AbortSignal) => {
  const wanted = path === "browser" ? wsPath : `/devtools/${path.kind}/${path.target}`;
  const { response, upgraded } = await askBrowser(guest, { method: "GET", path: wanted, headers: upstreamHeaders(key) }, signal);
  if (upgraded) return { ...upgraded, accept: response.headers["sec-websocket-accept"] ?? "" };
  response.destroy();
  // Chromium 156 answers 404 to a browser it does not know and 500 to a page.
  const unknown = response.statusCode === 404 || response.statusCode === 500;
  if (!unknown) throw new VitrineError("browser_unavailable", { reason: `it answered ${response.statusCode} to the upgrade` });
  // A path learnt from a Chromium that has since been replaced: the next one has its own.
  if (path === "browser") throw new BrowserGone("it has been replaced");
  throw new VitrineError("target_not_found", { target: path.target });
};

type Upstream = Awaited<ReturnType<typeof connectUpstream>>;

const join = async (
  { socket, head, signal, limits, onOpen, onRuntime, onClose }: CdpRelayOptions,
  { stream, head: early, accept }: Upstream,
): Promise<RelayEnd> => {
  keepOpen(socket);
  const lines = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    "",
    "",
  ];
  socket.write(lines.join("\r\n"));
  if (head.length > 0) socket.unshift(head);
  if (early.length > 0) stream.unshift(early);
  const down = new WsDownstream("the browser ended the connection");
  const farewell = ({ by, error }: RelayEnd) => {
    if (by === "signal") down.goodbye = farewellOf(signal);
    if (error instanceof WsViolation) down.goodbye = { code: error.code, reason: error.message };
  };
  onOpen?.();
  const up = new CdpUpstream({ maxMessage: limits.messageBytes, onRuntime });
  const end = await splice({ client: socket, guest: stream, up, down, signal, stallMs: limits.stallS * 1000, farewell });
  onClose?.(end);
  return end;
};

/**
 * Relays a WebSocket client to the guest's Chromium, byte for byte but for download folders (cdp-filter.ts). Waits for a Chromium that is
 * starting; what fails before the upgrade is answered in HTTP with an error of the registry. There is no idle limit, but a client that
 * leaves unread what there is for it is cut off. Resolves when both sides
 * are gone, or with the error that refused the client; never rejects.
 */
export const relayCdp = async (options: CdpRelayOptions): Promise<RelayEnd | VitrineError> => {
  const { guest, path, ready, waitMs } = options;
  const upstream = await reach(options, async (signal, key) => {
    if (path !== "browser" && !TARGET_ID.test(path.target))
      throw new VitrineError("target_not_found", { target: path.target.slice(0, 128) });
    const connect = async (wsPath: string, bounded: AbortSignal) => {
      await ready;
      return connectUpstream(guest, path, key, wsPath, bounded);
    };
    return withBrowser(guest, signal, connect, waitMs);
  });
  return "refusal" in upstream ? upstream.refusal : join(options, upstream.reached);
};
