import type { IncomingMessage } from "node:http";
import type { Response } from "express";
import { VitrineError } from "../../contract/errors.ts";
import type { Session } from "../../contract/session.ts";
import type { Caller } from "../auth/caller.ts";
import { signInCookie } from "../auth/cookies.ts";
import type { SessionRecord } from "../store/sessions.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";
import { isSecure } from "./urls.ts";

const viewOf = ({ key }: Caller, session: SessionRecord | null): Session => ({
  id: session?.id ?? null,
  key_id: key?.id ?? null,
  name: key?.name ?? "operator",
  expires_at: (session ?? key)?.expires_at ?? null,
});

export const sessionHandlers = ({ sessions }: Context): Pick<Handlers, "createSession" | "getSession" | "deleteSession"> => {
  const sessionOf = (request: IncomingMessage) => (request.headers.authorization === undefined ? sessions.find(request) : null);
  const setCookie = (request: IncomingMessage, response: Response, text: string, expiresAt: string) =>
    response.append("Set-Cookie", signInCookie(request, text, { secure: isSecure(request), expiresAt }));
  return {
    createSession: ({ caller, request, response }) => {
      // A session makes no other, or one that was stolen would never end.
      if (request.headers.authorization === undefined) throw new VitrineError("unauthorized");
      const { text, session } = sessions.create(caller);
      setCookie(request, response, text, session.expires_at);
      return viewOf(caller, session);
    },
    getSession: ({ caller, request, response }) => {
      response.setHeader("Cache-Control", "no-store");
      return viewOf(caller, sessionOf(request));
    },
    deleteSession: ({ request, response }) => {
      const session = sessionOf(request);
      if (!session) return;
      setCookie(request, response, "", new Date(0).toISOString());
      // This answer is open by it, too.
      response.once("close", sessions.end(session.id));
    },
  };
};
