import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { NodeStreamableHTTPServerTransport } from "@modelcontextprotocol/node";
import type { Vitrine } from "../../client/index.ts";
import { mcpServer } from "./serve.ts";
import { Session } from "./session.ts";

/** HTTP does not tell that a client has gone. One that asks nothing for so long, and listens to nothing, has. Milliseconds. */
const IDLE_MS = 30 * 60_000;
const MOST = 256;

const digest = (key: string): Buffer => createHash("sha256").update(key).digest();

interface Open {
  key: Buffer;
  /** Its client has been told its id. */
  readonly begun: boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  end(): Promise<void>;
}

export interface HttpSessionsOptions {
  version: string;
  complain(message: string): void;
  /** Milliseconds; default half an hour. */
  idleMs?: number;
}

/** The sessions of clients that come over HTTP. Each ends by the client's DELETE, by its silence, or with the server, and its computers with it. */
export const httpSessions = ({ version, complain, idleMs = IDLE_MS }: HttpSessionsOptions) => {
  const open = new Map<string, Open>();
  /** Those that have no id yet, or are ending. */
  const others = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    others.add(work);
    return work.finally(() => others.delete(work));
  };

  const make = async (vitrine: Vitrine, key: string): Promise<Open> => {
    const session = new Session(vitrine);
    const server = mcpServer(session, version);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void open.set(id, self),
      onsessionclosed: () => void self.end(),
    });
    let ending: Promise<void> | null = null;
    let underWay = 0;
    let timer: NodeJS.Timeout | undefined;
    const finish = async (): Promise<void> => {
      clearTimeout(timer);
      if (transport.sessionId !== undefined) open.delete(transport.sessionId);
      await session.end().catch(({ message }: Error) => complain(message));
      await server.close();
    };
    const self: Open = {
      key: digest(key),
      get begun() {
        return transport.sessionId !== undefined;
      },
      handle: async (request, response) => {
        clearTimeout(timer);
        underWay++;
        response.once("close", () => {
          if (--underWay === 0 && !ending) timer = setTimeout(() => void self.end(), idleMs);
        });
        await transport.handleRequest(request, response);
      },
      end: () => {
        ending ??= track(finish());
        return ending;
      },
    };
    await server.connect(transport);
    return self;
  };

  return {
    /** The session with this id, for who began it. */
    find: (id: string, key: string): Open | null => {
      const found = open.get(id);
      return found && timingSafeEqual(found.key, digest(key)) ? found : null;
    },
    /** Answers a first request; false: there are too many. */
    begin: async (vitrine: Vitrine, key: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
      if (open.size >= MOST) return false;
      const session = await make(vitrine, key);
      await session.handle(request, response);
      // It was no initialize, and has been told so.
      if (!session.begun) await session.end();
      return true;
    },
    endAll: async (): Promise<void> => {
      await Promise.all([...open.values()].map(({ end }) => end()));
      await Promise.all(others);
    },
  };
};
