import { VitrineError } from "../../contract/errors.ts";
import type { Power } from "../../contract/links.ts";
import type { LinkRecord, LinkStore } from "../store/links.ts";
import { type Signer, sameSecret } from "./key.ts";

/** A token is the link's id and a MAC of what the link grants, so the store holds no secret and a changed row is no valid link. */
const macOf = (sign: Signer, link: LinkRecord): string =>
  sign("link", [link.id, link.computer_id, link.power, link.expires_at ?? ""].join("\0"));

export const tokenOf = (sign: Signer, link: LinkRecord): string => `${link.id}.${macOf(sign, link)}`;

const GRANTS: Record<Power, readonly Power[]> = { cdp: ["cdp"], view: ["view"], control: ["control", "view"] };

/**
 * The link that a token stands for, when it is for this computer, grants `power` and has not expired. Throws link_invalid for every fault but a
 * missing power, so that nobody learns which of them it was.
 */
export const checkToken = (links: Pick<LinkStore, "get">, sign: Signer, token: string, computerId: string, power: Power): LinkRecord => {
  const [id = "", mac = ""] = token.split(".", 2);
  const link = links.get(id);
  const valid =
    link !== null &&
    sameSecret(mac, macOf(sign, link)) &&
    link.computer_id === computerId &&
    (link.expires_at === null || Date.parse(link.expires_at) > Date.now());
  if (!valid) throw new VitrineError("link_invalid");
  if (!GRANTS[link.power].includes(power)) throw new VitrineError("power_missing", { power });
  return link;
};
