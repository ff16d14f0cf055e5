import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { expect } from "vitest";
import { WebSocketServer } from "ws";
import { ERRORS, type ErrorCode } from "../../src/contract/errors.ts";

/** What a server in the guest was asked. */
export interface Asked {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  raw: string[];
}

/** A developer's server, as it would run in a guest: it answers what it was asked, streams, and echoes over WebSockets. */
export const startPortServer = async () => {
  const asked: Asked[] = [];
  const open = new Set<Duplex>();
  const server: Server = createServer(async (message, response) => {
    const { method = "", url = "", headers, rawHeaders } = message;
    asked.push({ method, url, headers, raw: rawHeaders });
    if (url.startsWith("/events")) {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: first\n\n");
      return;
    }
    if (url.startsWith("/echo")) {
      response.writeHead(200, { "Content-Type": "application/octet-stream" });
      message.pipe(response);
      return;
    }
    if (url.startsWith("/break")) {
      response.writeHead(200, { "Content-Length": 100 });
      response.write("half");
      setImmediate(() => response.destroy());
      return;
    }
    if (url.startsWith("/rude")) return void message.socket.end("this is not HTTP\r\n\r\n");
    if (url.startsWith("/empty")) return void response.writeHead(304, { ETag: '"a"' }).end();
    let body = 0;
    for await (const chunk of message) body += chunk.length;
    response.setHeader("Set-Cookie", ["session=guest; Path=/", "vitrine_link=stolen; Path=/"]);
    response.setHeader("Keep-Alive", "timeout=9");
    response.setHeader("Connection", "X-Hop");
    response.setHeader("X-Hop", "1");
    response.setHeader("X-Own", "kept");
    response.end(JSON.stringify({ method, url, body }));
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (message, socket, head) => {
    const { method = "", url = "", headers, rawHeaders } = message;
    asked.push({ method, url, headers, raw: rawHeaders });
    if (url.startsWith("/refuse")) return void socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 5\r\nX-Own: kept\r\n\r\nshort");
    sockets.handleUpgrade(message, socket, head, (ws) => ws.on("message", (data, binary) => ws.send(data, { binary })));
  });
  server.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    connections: () => open.size,
    close: async () => {
      server.closeAllConnections();
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
};
export type PortServer = Awaited<ReturnType<typeof startPortServer>>;

export interface Raw {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A request to the service under any Host, as it is written; fetch would not let it be. */
export const under = (
  service: { url: string },
  host: string,
  path: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<Raw> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(service.url);
    const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const sent = request({ hostname, port, path, method, headers: { Host: host, ...length, ...headers }, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });

/** Opens a port's URL at the service, whatever name servers say of its host. */
export const visitUnder = (service: { url: string }, url: string): Promise<Raw> => {
  const { host, pathname, search } = new URL(url);
  return under(service, host, pathname + search);
};

/** The Cookie header that a browser sends after it was given this answer. */
export const cookieOf = ({ headers }: Raw): string => headers["set-cookie"]!.map((cookie) => cookie.split(";", 1)[0]).join("; ");

export const refused = ({ status, body }: Raw, code: ErrorCode): void => {
  expect({ status, code: JSON.parse(body).error.code }).toEqual({ status: ERRORS[code][0], code });
};

/** An answer whose body is still coming. */
export const streamUnder = async (
  service: { url: string },
  host: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage> => {
  const { hostname, port } = new URL(service.url);
  const [response] = await once(request({ hostname, port, path, headers: { Host: host, ...headers }, agent: false }).end(), "response");
  response.on("error", () => {});
  return response;
};
