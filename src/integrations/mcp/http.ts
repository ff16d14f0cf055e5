import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { localhostHostValidation, localhostOriginValidation } from "@modelcontextprotocol/node";
import { type Vitrine, VitrineError } from "../../client/index.ts";
import { httpSessions } from "./http-sessions.ts";

const PATH = "/mcp";

export interface HttpOptions {
  /** Of 127.0.0.1; 0: a free one. */
  port: number;
  /** The service, as the holder of this key sees it. */
  vitrineOf(apiKey: string): Vitrine;
  version: string;
  /** Milliseconds without a request after which a session ends; default half an hour. */
  idleMs?: number;
  /** Says what goes wrong beside the protocol. */
  complain(message: string): void;
  /** Ends all sessions and the server. */
  signal: AbortSignal;
}

/** A refusal in the protocol's form; -32000 and below are the server's own. */
const refuse = (response: ServerResponse, status: number, message: string): void => {
  if (status === 401) response.setHeader("WWW-Authenticate", 'Bearer realm="vitrine"');
  response
    .writeHead(status, { "Content-Type": "application/json" })
    .end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32000, message }, id: null }));
};

const keyOf = ({ headers }: IncomingMessage): string | null => /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? null;

/** Null: the service takes the key. */
const whyNot = async (vitrine: Vitrine): Promise<[status: number, message: string] | null> => {
  try {
    await vitrine.computers.list({ limit: 1 });
    return null;
  } catch (error) {
    const { message } = error as Error;
    return [error instanceof VitrineError && error.status < 500 ? error.status : 502, message];
  }
};

/**
 * Serves clients over the protocol's streamable HTTP, on the loopback alone: each with an API key of the service as its bearer token, by which all it does is done. Resolves
 * when it listens; `closed` when all sessions have ended. Rejects when the port is taken.
 */
export const serveOnHttp = async ({
  port,
  vitrineOf,
  version,
  idleMs,
  complain,
  signal,
}: HttpOptions): Promise<{ url: string; closed: Promise<void> }> => {
  const guards = [localhostHostValidation(), localhostOriginValidation()];
  const sessions = httpSessions({ version, complain, ...(idleMs !== undefined && { idleMs }) });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!guards.every((passes) => passes(request, response))) return;
    if (request.url?.split("?", 1)[0] !== PATH) return refuse(response, 404, `MCP is at ${PATH}`);
    const key = keyOf(request);
    if (key === null) return refuse(response, 401, "Give an API key of the service as the bearer token.");
    const id = request.headers["mcp-session-id"];
    if (id !== undefined) {
      const session = sessions.find(String(id), key);
      return session ? session.handle(request, response) : refuse(response, 404, "There is no such session; begin a new one.");
    }
    if (request.method !== "POST") return refuse(response, 400, "Begin with initialize; later requests have its Mcp-Session-Id.");
    const vitrine = vitrineOf(key);
    const why = await whyNot(vitrine);
    if (why) return refuse(response, ...why);
    if (!(await sessions.begin(vitrine, key, request, response)))
      refuse(response, 503, "There are too many sessions; end one, or come again later.");
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => {
      complain(error.message);
      if (response.headersSent) response.destroy();
      else refuse(response, 500, "The request could not be served; the server's own output says why.");
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`Port ${port} of 127.0.0.1 cannot be listened at (${code}); give another one.`);
  });

  const close = async (): Promise<void> => {
    const ended = once(server, "close");
    server.close();
    await sessions.endAll();
    server.closeAllConnections();
    await ended;
  };
  const closed = signal.aborted ? close() : once(signal, "abort").then(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`, closed };
};
