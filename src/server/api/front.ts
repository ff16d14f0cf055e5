import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import { parsePortHost } from "../auth/port-host.ts";
import { createApp } from "./app.ts";
import type { Context } from "./context.ts";
import type { OtherDoor } from "./other-door.ts";
import { portFront } from "./port-front.ts";
import type { OpenRelays } from "./relays.ts";
import { upgrades } from "./upgrade.ts";

/** What the HTTP server calls: by the Host header, a published port in a computer or the service itself, and never both. */
export const createFront = (context: Context, relays: OpenRelays, doors: readonly OtherDoor[], logger: Logger) => {
  const app = createApp(context, relays, doors, logger);
  const upgrade = upgrades(context, relays);
  const ports = portFront(context, relays);
  const portHost = ({ headers }: IncomingMessage) => parsePortHost(headers.host, context.portDomain);
  return {
    request: (request: IncomingMessage, response: ServerResponse): void => {
      const host = portHost(request);
      if (host) void ports.request(host, request, response);
      else app(request, response);
    },
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      const host = portHost(request);
      if (host) return void ports.upgrade(host, request, socket, head);
      const path = (request.url ?? "").split("?", 1)[0] ?? "";
      const own = doors.find(({ sockets }) => sockets?.takes(path))?.sockets;
      void (own ? own.open(request, socket, head) : upgrade(request, socket, head));
    },
  };
};
