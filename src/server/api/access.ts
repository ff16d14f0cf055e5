import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import type { Power } from "../../contract/links.ts";
import { type Caller, holderOf } from "../auth/caller.ts";
import { isSignedIn, sessionsIn } from "../auth/cookies.ts";
import { checkToken } from "../auth/tokens.ts";
import type { Computers } from "../computers/computers.ts";
import type { ComputerRecord } from "../computers/record.ts";
import type { LinkRecord } from "../store/links.ts";
import { callerOf } from "./caller.ts";
import type { Context } from "./context.ts";

/** Who holds a link, and what it opens. */
export interface Held {
  record: ComputerRecord;
  caller: Caller;
  /** The computers that it opens: those of the key, or the link's one. */
  computers: Pick<Computers, "find" | "get" | "running" | "onChange">;
  link: LinkRecord;
}

/** What let a request in: one of the computer's links, or an API key, which has every power over its own computers. */
export interface Access extends Omit<Held, "link"> {
  /** Null: the API key. */
  link: LinkRecord | null;
  power: Power;
  /** Empty unless it came by one. */
  token: string;
  /** It let in what was asked for. To be called once, unless `failed` is. */
  used(): void;
  /** What was asked for came to nothing, so that a link that may be used once may still be. */
  failed(): void;
}

/** What is asked for: a power over a computer, and over which of its ports or terminals. */
export interface Wanted {
  idOrName: string;
  power: Power;
  port?: number;
  terminal?: string;
}

/** Checks what a request brought; guesses are counted. Throws link_invalid, power_missing, rate_limited. */
export const holderOfToken = (
  context: Context,
  request: IncomingMessage,
  token: string,
  { idOrName, power, port, terminal }: Wanted,
  purpose: "link" | "session" = "link",
): Held => {
  const claimed = context.links.get(token.split(".", 1)[0] ?? "");
  return context.attempts.check(request, claimed?.id ?? "a link", () => {
    if (!claimed) throw new VitrineError("link_invalid");
    const caller = holderOf(claimed.id, claimed.computer_id);
    const computers = context.computers.of(caller);
    const record = computers.find(idOrName);
    if (!record) throw new VitrineError("link_invalid");
    const link = checkToken(context.links, context.sign, token, record.id, power, purpose);
    if (link.port !== (port ?? null) || link.terminal !== (terminal ?? null)) throw new VitrineError("link_invalid");
    return { record, caller, computers, link };
  });
};

/** Who holds the first good session among the request's cookies; null when none is. */
export const holderOfSession = (context: Context, request: IncomingMessage, wanted: Wanted): Held | null => {
  for (const session of sessionsIn(request)) {
    try {
      return holderOfToken(context, request, session, wanted, "session");
    } catch (error) {
      if (!(error instanceof VitrineError)) throw error;
    }
  }
  return null;
};

/** Counts the use of a token's link. Of two that use a one-time link at the same time, one is refused. */
export const useLink = (context: Context, link: LinkRecord): Pick<Access, "used" | "failed"> => {
  if (!context.links.use(link.id)) throw new VitrineError("link_invalid");
  let settled = false;
  const once = (act: () => void) => () => {
    if (settled) return;
    settled = true;
    act();
  };
  const { id, computer_id, power, one_time } = link;
  return {
    used: once(() => {
      if (one_time) context.emit({ type: "link.used", computer_id, actor: id, data: { link_id: id, power } });
    }),
    failed: once(() => context.links.giveBack(id)),
  };
};
/** Of what is no use of a link. */
export const uncounted = { used: () => {}, failed: () => {} };

/**
 * Lets a request to a computer in: by the token in its query, by an API key, by the session that a live page was given, or as a browser that signed in. What is wanted is as the path has it.
 * A computer that does not exist and a token that is wrong look the same to who has no key. `look`: nothing is opened that counts as a use.
 */
export const admitToComputer = (context: Context, request: IncomingMessage, wanted: Wanted, look: "look" | "use" = "use"): Access => {
  const token = new URL(request.url ?? "/", "http://localhost").searchParams.get("token");
  if (token !== null) {
    const held = holderOfToken(context, request, token, wanted);
    return { ...held, power: held.link.power, token, ...(look === "use" ? useLink(context, held.link) : uncounted) };
  }
  if (request.headers.authorization === undefined) {
    const held = holderOfSession(context, request, wanted);
    if (held) return { ...held, power: held.link.power, token: "", ...uncounted };
    if (!isSignedIn(request)) throw new VitrineError("link_invalid");
  }
  const caller = callerOf(context, request);
  const computers = context.computers.of(caller);
  const all = wanted.power === "view" ? "control" : wanted.power;
  return { record: computers.get(wanted.idOrName), caller, computers, link: null, power: all, token: "", ...uncounted };
};
