import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import type { Power } from "../../contract/links.ts";
import { type Caller, holderOf } from "../auth/caller.ts";
import { checkToken } from "../auth/tokens.ts";
import type { Computers } from "../computers/computers.ts";
import type { ComputerRecord } from "../computers/record.ts";
import type { Context } from "./context.ts";

/** What let a request in: one of the computer's links, or an API key, which has every power over its own computers. */
export interface Access {
  record: ComputerRecord;
  caller: Caller;
  /** The computers that it opens: those of the key, or the link's one. */
  computers: Pick<Computers, "find" | "get" | "running" | "onChange">;
  linkId: string | null;
  power: Power;
  token: string;
}

/**
 * Lets a request to a computer's CDP or display in, by the token in its query or by an API key. `idOrName` is the path's.
 * A computer that does not exist and a token that is wrong look the same to who has no key.
 */
export const admitToComputer = (context: Context, request: IncomingMessage, idOrName: string, power: Power): Access => {
  const token = new URL(request.url ?? "/", "http://localhost").searchParams.get("token");
  if (token === null) {
    if (request.headers.authorization === undefined) throw new VitrineError("link_invalid");
    const caller = context.keys.caller(request);
    const computers = context.computers.of(caller);
    return { record: computers.get(idOrName), caller, computers, linkId: null, power: power === "view" ? "control" : power, token: "" };
  }
  const claimed = context.links.get(token.split(".", 1)[0] ?? "");
  return context.attempts.check(request, claimed?.id ?? "a link", () => {
    if (!claimed) throw new VitrineError("link_invalid");
    const caller = holderOf(claimed.id, claimed.computer_id);
    const computers = context.computers.of(caller);
    const record = computers.find(idOrName);
    if (!record) throw new VitrineError("link_invalid");
    const link = checkToken(context.links, context.sign, token, record.id, power);
    return { record, caller, computers, linkId: link.id, power: link.power, token };
  });
};
