import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { VitrineError } from "../../contract/errors.ts";
import { sessionCookie } from "../auth/cookies.ts";
import type { PortHost } from "../auth/port-host.ts";
import { tokenOf } from "../auth/tokens.ts";
import { type PortRequest, relayPortRequest } from "../relay/port-http.ts";
import { relayPortSocket } from "../relay/port-ws.ts";
import { refuseUpgrade } from "../relay/refuse.ts";
import type { Context } from "./context.ts";
import { toVitrineError } from "./errors.ts";
import { admitToPort, type PortAccess } from "./port-access.ts";
import type { OpenRelays } from "./relays.ts";
import { httpBase, isSecure } from "./urls.ts";

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

/** The service's own words on a host that is otherwise the guest's: a page for a person, JSON for a program. */
const refuse = (request: IncomingMessage, response: ServerResponse, error: VitrineError, requestId: string): void => {
  // Half an answer cannot become an error any more; the cut connection tells the client that it is not whole.
  if (response.headersSent || response.destroyed) return void response.destroy();
  const asPage = /\btext\/html\b/.test(request.headers.accept ?? "");
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Vitrine</title><p>${escapeHtml(error.message)}</p></html>`;
  response
    .writeHead(error.status, {
      "Content-Type": asPage ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
      "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
      "Cache-Control": "no-store",
      "X-Request-Id": requestId,
      // What is left of a body is not waited for.
      ...(!request.complete && { Connection: "close" }),
    })
    .end(asPage ? page : JSON.stringify(error.toBody(requestId)));
};

/** To the same URL without the token, so that it is in no history and no Referer; with a session, unless the port is public. */
const redirect = ({ sign }: Context, request: IncomingMessage, response: ServerResponse, { link, url }: PortAccess): void => {
  const cookie = { path: "/", sameSite: "Lax" as const, secure: isSecure(request), expiresAt: link?.expires_at ?? null };
  response
    .writeHead(302, {
      // The whole URL: a path may begin with two slashes.
      Location: `${httpBase(request)}${url}`,
      "Referrer-Policy": "no-referrer",
      "Cache-Control": "no-store",
      ...(link && { "Set-Cookie": sessionCookie(tokenOf(sign, link, "session"), cookie) }),
    })
    .end();
};

/** Serves the hosts of published ports. Nothing of the service's own is there: what is not refused goes to the server in the guest. */
export const portFront = (context: Context, relays: OpenRelays) => {
  /** Runs `work` on the running computer, which is in use meanwhile, until its link or the port ends. */
  const using = async (
    { record, computers, link, url, used, failed }: PortAccess,
    port: number,
    request: IncomingMessage,
    socket: boolean,
    work: (to: PortRequest) => Promise<void>,
  ): Promise<void> => {
    try {
      const { live } = computers.running(record.id, `port ${port}`);
      const { signal, release } = relays.add({ kind: "port", computerId: record.id, link, port, socket });
      const idle = live.activity.hold("port");
      try {
        await work({ guest: live.guest, port, request, url, forwarding: { secure: isSecure(request) }, signal });
        used();
      } finally {
        idle();
        release();
      }
    } finally {
      // Unless it was used.
      failed();
    }
  };
  const errorOf = (thrown: unknown, requestId: string): VitrineError => {
    const error = toVitrineError(thrown, requestId);
    if (error.code === "internal_error") context.log.error({ request_id: requestId, err: thrown }, "request to a port failed");
    return error;
  };

  return {
    request: async (host: PortHost, request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const requestId = randomUUID();
      try {
        const access = admitToPort(context, request, host, false);
        if (!access.redirect) return await using(access, host.port, request, false, (to) => relayPortRequest(to, response));
        access.used();
        redirect(context, request, response, access);
      } catch (error) {
        refuse(request, response, errorOf(error, requestId), requestId);
      }
    },
    upgrade: async (host: PortHost, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
      const requestId = randomUUID();
      try {
        const access = admitToPort(context, request, host, true);
        await using(access, host.port, request, true, (to) =>
          relayPortSocket({ ...to, stallMs: context.limits.stallS * 1000 }, socket, head),
        );
      } catch (error) {
        refuseUpgrade(socket, errorOf(error, requestId), requestId);
      }
    },
  };
};
