import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Router } from "express";
import { VitrineError } from "../../../contract/errors.ts";
import { uncounted } from "../../api/access.ts";
import type { Context } from "../../api/context.ts";
import { toVitrineError } from "../../api/errors.ts";
import type { OtherDoor } from "../../api/other-door.ts";
import type { OpenRelays } from "../../api/relays.ts";
import { relayTo } from "../../api/upgrade.ts";
import { wsBase } from "../../api/urls.ts";
import { audit } from "../../auth/audit.ts";
import type { Caller } from "../../auth/caller.ts";
import { checkOrigin } from "../../auth/guards.ts";
import type { ComputerRecord } from "../../computers/record.ts";
import { guardSocket, handshakeKey } from "../../relay/client-socket.ts";
import { refuseUpgrade } from "../../relay/refuse.ts";
import type { EphemeralStore } from "../../store/ephemeral.ts";
import { ephemeralComputers } from "./ephemeral.ts";
import { wantedBy } from "./options.ts";
import { pressureOf } from "./pressure.ts";

/** Where Browserless takes CDP clients, and where it takes those of Playwright's own protocol. */
const CDP = /^\/(?:(?:chromium|chrome)\/?)?$/;
const PLAYWRIGHT = /^\/(?:\w+\/playwright|playwright(?:\/\w+)?)\/?$/;

const queryOf = ({ url }: IncomingMessage): URLSearchParams => new URL(url ?? "/", "http://localhost").searchParams;

/**
 * Browserless's way in (docs/migrate-from-browserless.md): a WebSocket is a computer's CDP, and the computer is there as long as the WebSocket is. Answers, beside
 * the door, `clear`, to be called once when the computers are in order, and `close`.
 */
export const browserlessDoor = (context: Context, relays: OpenRelays, store: EphemeralStore) => {
  const ephemeral = ephemeralComputers({ computers: context.computers, store, log: context.log });
  /** Throws unauthorized, rate_limited. */
  const callerOf = (request: IncomingMessage): Caller => context.keys.caller(request, queryOf(request).get("token") ?? undefined);

  const connect = async (request: IncomingMessage, socket: Duplex, head: Buffer, requestId: string): Promise<void> => {
    checkOrigin(request, context.allowedHosts);
    const caller = callerOf(request);
    const query = queryOf(request);
    if (PLAYWRIGHT.test(request.url?.split("?", 1)[0] ?? ""))
      throw new VitrineError("unsupported_option", { option: "Playwright's own protocol", reason: "use connectOverCDP, at /" });
    const { computer, timeoutMs } = wantedBy(query);
    handshakeKey(request);

    const client = guardSocket(socket, caller.ended ?? new AbortController().signal);
    // A client that ends its side before it has an answer is gone.
    const hangUp = () => void socket.destroy();
    socket.once("end", hangUp);
    const over = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const work = (record: ComputerRecord) => {
      socket.off("end", hangUp);
      if (timeoutMs !== null) timer = setTimeout(() => over.abort(new Error("the session's time is up")), timeoutMs);
      audit(context.emit, caller, { action: "createComputer", computerId: record.id, made: [record.id] });
      const access = {
        record,
        caller,
        computers: context.computers.of(caller),
        link: null,
        power: "cdp" as const,
        token: "",
        ...uncounted,
      };
      return relayTo(context, relays, access, { id: record.id, kind: "cdp", path: "browser" }, { request, socket, head, requestId });
    };
    try {
      await ephemeral.use(caller, computer, AbortSignal.any([client.signal, over.signal]), work);
    } finally {
      clearTimeout(timer);
      client.release();
      socket.off("end", hangUp);
    }
  };

  const door: OtherDoor = {
    sockets: {
      takes: (path) => CDP.test(path) || PLAYWRIGHT.test(path),
      open: async (request, socket, head) => {
        const requestId = randomUUID();
        try {
          await connect(request, socket, head, requestId);
        } catch (error) {
          refuseUpgrade(socket, toVitrineError(error, requestId), requestId);
        }
      },
    },
    routes: (router: Router) => {
      // What Playwright asks first when it is given an http URL; nothing is made for it.
      router.get(["/json/version", "/chromium/json/version", "/chrome/json/version"], (request, response) => {
        callerOf(request);
        const path = request.path.replace(/\/json\/version\/?$/, "");
        const { search } = new URL(request.originalUrl, "http://localhost");
        response.set("Cache-Control", "no-store").json({
          Browser: `Vitrine/${context.version}`,
          "Protocol-Version": "1.3",
          webSocketDebuggerUrl: `${wsBase(request)}${path || "/"}${search}`,
        });
      });
      router.get("/pressure", (request, response) => {
        callerOf(request);
        response.set("Cache-Control", "no-store").json(pressureOf(context.capacity.report()));
      });
    },
  };
  return { ...door, clear: ephemeral.clear, close: ephemeral.close };
};
