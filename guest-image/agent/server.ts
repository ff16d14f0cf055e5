import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type Http2Server, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { LINK_SETTINGS, LINK_WINDOW } from "../../src/contract/guest/link.ts";
import { answerFault, type Handler, type Routes } from "./call.ts";
import { Fault, invalid } from "./fault.ts";
import { log } from "./log.ts";
import type { Settings } from "./settings.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Compares in constant time; hashing makes the lengths equal. */
const isSecret = (header: string | undefined, secret: string): boolean => timingSafeEqual(digest(header ?? ""), digest(`Bearer ${secret}`));

const find = (routes: Routes, method: string, segments: string[]): Handler => {
  if (method === "CONNECT" && routes.CONNECT) return routes.CONNECT;
  const exact = routes[`${method} /${segments.join("/")}`];
  if (exact) return exact;
  const wild = segments.length > 1 ? routes[`${method} /${segments.map((s, i) => (i === 1 ? "*" : s)).join("/")}`] : undefined;
  if (wild) return wild;
  throw invalid(`the agent has nothing at ${method} /${segments.join("/")}`);
};

const asFault = (error: unknown): Fault => {
  if (error instanceof Fault) return error;
  log("a call failed", error);
  return new Fault("guest_unreachable", { reason: `the agent failed: ${error instanceof Error ? error.message : String(error)}` });
};

export interface AgentServer {
  server: Http2Server;
  /** Ends every connection of the host's but this one. */
  endOthers(kept: Http2Session | undefined): void;
}

/** The agent's HTTP/2 server. An error of one stream ends that stream alone. */
export const createAgentServer = (settings: Pick<Settings, "secret">, routes: Routes): AgentServer => {
  // The host gives up as many streams as it likes; by default 1,000 resets at 33 a second would cost it the link.
  const resets = { streamResetBurst: 1_000_000, streamResetRate: 1_000_000 };
  const server = createServer({ settings: LINK_SETTINGS, maxSessionMemory: 512, ...resets });

  const onStream = async (stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> => {
    // A reset is not news to anyone: each handler sees its stream close.
    stream.on("error", () => {});
    try {
      if (!isSecret(headers.authorization, settings.secret)) throw new Fault("unauthorized");
      const method = String(headers[":method"]);
      const url = new URL(String(headers[":path"] ?? "/"), "http://guest");
      const segments = url.pathname.slice(1).split("/");
      await find(routes, method, segments)({ stream, headers, method, segments, query: url.searchParams });
    } catch (error) {
      // Nobody is left to tell when the host has gone away.
      if (!stream.destroyed && !stream.closed) answerFault(stream, asFault(error));
    }
  };

  server.on("stream", (stream, headers) => void onStream(stream, headers));
  const sessions = new Set<Http2Session>();
  server.on("session", (session) => {
    session.setLocalWindowSize(LINK_WINDOW);
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("sessionError", () => {});
  return {
    server,
    endOthers: (kept) => {
      for (const session of sessions) if (session !== kept) session.destroy();
    },
  };
};
