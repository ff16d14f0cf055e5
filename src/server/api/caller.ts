import type { IncomingMessage } from "node:http";
import type { Caller } from "../auth/caller.ts";
import type { Context } from "./context.ts";

/** Who calls: by the API key in the header, or else by the session of a browser that signed in. Throws unauthorized, origin_forbidden, rate_limited. */
export const callerOf = ({ keys, sessions }: Pick<Context, "keys" | "sessions">, request: IncomingMessage): Caller =>
  (request.headers.authorization === undefined ? sessions.caller(request) : null) ?? keys.caller(request);
