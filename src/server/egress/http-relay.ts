import { Agent, createServer, type IncomingMessage, request, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { Refusal } from "../../contract/network.ts";
import { hostOf } from "./first-bytes.ts";
import { join } from "./join.ts";

const MAX_HEADER_BYTES = 64 * 1024;

export interface HttpRelay {
  guest: Duplex;
  outside: Socket;
  /** Judges a request by the host that it names; false: the connection has been ended. */
  allows(name: string | null): Promise<boolean>;
  /** Ends the connection, because of this. */
  refuse(refusal: Refusal): void;
  /** Ends it, because it broke. */
  cut(): void;
}

/** Headers as they were sent; node answers what an Expect waits for. */
const forwarded = ({ rawHeaders }: IncomingMessage, without: readonly string[]): string[] => {
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (!without.includes(rawHeaders[i]!.toLowerCase())) kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  return kept;
};

/** The one host that a request names; where its target has one, too, it is the same. Null: none, or two. */
const named = ({ url = "", headersDistinct }: IncomingMessage): string | null => {
  const hosts = headersDistinct.host ?? [];
  const host = hosts.length === 1 ? hostOf(hosts[0]!) : null;
  if (url.startsWith("/") || url === "*") return host;
  const target = URL.parse(url);
  return target?.protocol === "http:" && target.username === "" && target.password === "" && hostOf(target.host) === host ? host : null;
};

/**
 * Relays a plain HTTP/1 connection request by request, so that each is judged by the host that it names, the later ones of a connection that is kept too. All go
 * over the one connection that was dialled. An upgrade that the server accepts is joined byte for byte.
 */
export const relayHttp = ({ guest, outside, allows, refuse, cut }: HttpRelay): void => {
  // One dialled connection, and never another.
  let given = false;
  const agent = new (class extends Agent {
    override createConnection(): Socket {
      if (given) throw new Error("the server has ended the connection");
      given = true;
      return outside;
    }
  })({ keepAlive: true, maxSockets: 1 });
  let open = 0;
  const forward = (incoming: IncomingMessage) => {
    const headers = forwarded(incoming, ["expect"]);
    const { method, url: path } = incoming;
    return request({ agent, method, path, headers, maxHeaderSize: MAX_HEADER_BYTES }).on("error", cut);
  };
  const endWithServer = () => {
    if (open === 0 && outside.destroyed) guest.end();
  };
  outside.once("close", endWithServer);
  guest.once("close", () => {
    agent.destroy();
    outside.destroy();
  });

  const onRequest = async (incoming: IncomingMessage, response: ServerResponse) => {
    if (!(await allows(named(incoming)))) return;
    open++;
    response.sendDate = false;
    response.once("close", () => {
      open--;
      endWithServer();
    });
    const outgoing = forward(incoming);
    outgoing.once("response", (answer) => {
      response.writeHead(answer.statusCode!, answer.statusMessage, answer.rawHeaders);
      answer.once("end", () => {
        const { rawTrailers: t } = answer;
        if (t.length > 0) response.addTrailers(t.flatMap((_, i) => (i % 2 === 0 ? [[t[i]!, t[i + 1]!] as [string, string]] : [])));
      });
      pipeline(answer, response, (error) => error && cut());
    });
    pipeline(incoming, outgoing, (error) => error && cut());
  };

  const onUpgrade = async (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!(await allows(named(incoming)))) return;
    if (/\bh2c?\b/i.test(incoming.headers.upgrade ?? ""))
      return refuse({ rule: "protocol", reason: "HTTP/2 without TLS, whose requests cannot be told apart" });
    const outgoing = forward(incoming);
    outgoing.once("upgrade", (answer, dialled, after) => {
      const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
      for (let i = 0; i < answer.rawHeaders.length; i += 2) lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
      socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
      if (after.length > 0) socket.write(after);
      if (head.length > 0) dialled.write(head);
      join(socket, dialled as Socket);
    });
    outgoing.once("response", (answer) => {
      const response = new ServerResponse(incoming);
      response.assignSocket(socket as Socket);
      response.sendDate = false;
      response.once("finish", () => {
        response.detachSocket(socket as Socket);
        socket.end();
      });
      response.writeHead(answer.statusCode!, answer.statusMessage, [...forwarded(answer, ["connection"]), "Connection", "close"]);
      pipeline(answer, response, (error) => error && cut());
    });
    outgoing.end();
  };

  const server = createServer(
    { requireHostHeader: false, keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, maxHeaderSize: MAX_HEADER_BYTES },
    (incoming, response) => void onRequest(incoming, response).catch(cut),
  );
  // Who has asked may say at once that no more comes.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on("upgrade", (incoming, socket, head) => void onUpgrade(incoming, socket, head).catch(cut));
  server.on("connect", () => refuse({ rule: "protocol", reason: "CONNECT, which would lead on to anywhere" }));
  server.on("clientError", cut);
  server.emit("connection", guest);
};
