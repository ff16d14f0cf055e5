import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import type { Power } from "../../contract/links.ts";
import { hasApiKey } from "../auth/guards.ts";
import { checkToken } from "../auth/tokens.ts";
import type { ComputerRecord } from "../computers/record.ts";
import type { Context } from "./context.ts";

/** How the timeline names who came with the API key. */
export const API_KEY_ACTOR = "api-key";

/** What let a request in: one of the computer's links, or the API key, which has every power. */
export interface Access {
  record: ComputerRecord;
  linkId: string | null;
  power: Power;
  token: string;
}

/**
 * Lets a request to a computer's CDP or display in, by the token in its query or by the API key. `idOrName` is the path's.
 * A computer that does not exist and a token that is wrong look the same to who has no key.
 */
export const admitToComputer = (context: Context, request: IncomingMessage, idOrName: string, power: Power): Access => {
  const token = new URL(request.url ?? "/", "http://localhost").searchParams.get("token");
  if (token === null) {
    if (!hasApiKey(request, context.apiKey)) throw new VitrineError("link_invalid");
    return { record: context.computers.get(idOrName), linkId: null, power: power === "view" ? "control" : power, token: "" };
  }
  const record = context.computers.find(idOrName);
  if (!record) throw new VitrineError("link_invalid");
  const link = checkToken(context.links, context.sign, token, record.id, power);
  return { record, linkId: link.id, power: link.power, token };
};
