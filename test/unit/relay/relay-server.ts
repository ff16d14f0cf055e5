import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { VitrineError } from "../../../src/contract/errors.ts";
import { cdpHttp } from "../../../src/server/relay/cdp-http.ts";
import { type CdpPath, relayCdp } from "../../../src/server/relay/cdp-ws.ts";
import { relayDisplay } from "../../../src/server/relay/display.ts";
import type { RelayEnd } from "../../../src/server/relay/splice.ts";
import { type Limits, readLimits } from "../../../src/server/setup/limits.ts";
import type { HostGuest } from "./host-guest.ts";

export const TOKEN = "tok-123";

export interface RelayServer {
  /** http://127.0.0.1:PORT/c/cdp */
  base: string;
  wsBase: string;
  origin: string;
  /** How each relay ended. */
  ends: (RelayEnd | VitrineError)[];
  opened: () => number;
  /** Ends open relays as a stopped computer does. */
  stop: () => void;
  close: () => Promise<void>;
}

const cdpPathOf = (pathname: string): CdpPath => {
  const [, kind, target] = /\/devtools\/(browser|page)\/([^/]+)$/.exec(pathname) ?? [];
  return kind ? { kind: kind as "browser" | "page", target: target! } : "browser";
};

/** A small service around the relays: what src/server/api does, without accounts. */
export const startRelayServer = async (
  guest: HostGuest,
  {
    waitMs = 5000,
    viewOnly = false,
    limits = readLimits({}),
    ready = undefined,
  }: { waitMs?: number; viewOnly?: boolean; limits?: Limits; ready?: Promise<void> | undefined } = {},
): Promise<RelayServer> => {
  let abort = new AbortController();
  let opened = 0;
  const ends: (RelayEnd | VitrineError)[] = [];
  const server = createServer(async (request, response) => {
    const urls = { wsBase: `ws://${request.headers.host}/c/cdp`, token: TOKEN };
    try {
      const path = request.url!.slice("/c/cdp".length);
      const answer = await cdpHttp({ guest, method: request.method!, path, urls, signal: abort.signal, waitMs });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch (error) {
      const known = error instanceof VitrineError ? error : new VitrineError("internal_error", {}, { cause: error });
      response.writeHead(known.status, { "content-type": "application/json" }).end(JSON.stringify(known.toBody()));
    }
  });
  server.on("upgrade", async (request, socket, head) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const common = { request, socket, head, guest, signal: abort.signal, limits, onOpen: () => void opened++ };
    if (pathname.startsWith("/c/cdp")) ends.push(await relayCdp({ ...common, path: cdpPathOf(pathname), waitMs, ready }));
    else ends.push(await relayDisplay({ ...common, viewOnly }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    base: `http://${origin}/c/cdp`,
    wsBase: `ws://${origin}/c/cdp`,
    origin,
    ends,
    opened: () => opened,
    stop: () => {
      abort.abort(new Error("the computer has stopped"));
      abort = new AbortController();
    },
    close: () => {
      abort.abort();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
