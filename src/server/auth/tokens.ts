import { VitrineError } from "../../contract/errors.ts";
import type { Power } from "../../contract/links.ts";
import type { LinkRecord, LinkStore } from "../store/links.ts";
import { type Signer, sameSecret } from "./key.ts";

/**
 * `link`: the token that its maker is given. `session`: what a browser is given for it, in a cookie; it opens the same, also when the link
 * may be used once and was, and ends with it.
 */
type Purpose = "link" | "session";

/** A token is the link's id and a MAC of what the link grants, so the store holds no secret and a changed row is no valid link. */
const macOf = (sign: Signer, purpose: Purpose, link: LinkRecord): string => {
  const limits = [link.port ?? "", link.read_only, link.one_time];
  const terminal = link.terminal === null ? [] : [link.terminal];
  // Links without limits are older than limits are.
  return sign(
    purpose,
    [
      link.id,
      link.computer_id,
      link.power,
      link.expires_at ?? "",
      ...(limits.some(Boolean) || link.terminal !== null ? limits : []),
      ...terminal,
    ].join("\0"),
  );
};

export const tokenOf = (sign: Signer, link: LinkRecord, purpose: Purpose = "link"): string => `${link.id}.${macOf(sign, purpose, link)}`;

/** What may be a token of ours, and not a word of somebody else's under the same name. */
export const looksLikeToken = (text: string): boolean => /^lnk_[a-z0-9]{12}\.[\w-]{43}$/.test(text);

const GRANTS: Record<Power, readonly Power[]> = {
  cdp: ["cdp"],
  view: ["view"],
  control: ["control", "view"],
  files: ["files"],
  port: ["port"],
  terminal: ["terminal"],
};

/**
 * The link that a token stands for, when it is for this computer, grants `power`, has not expired and may still be used. Throws link_invalid for every
 * fault but a missing power, so that nobody learns which of them it was.
 */
export const checkToken = (
  links: Pick<LinkStore, "get">,
  sign: Signer,
  token: string,
  computerId: string,
  power: Power,
  purpose: Purpose = "link",
): LinkRecord => {
  const [id = "", mac = ""] = token.split(".", 2);
  const link = links.get(id);
  const valid =
    link !== null &&
    sameSecret(mac, macOf(sign, purpose, link)) &&
    link.computer_id === computerId &&
    (link.expires_at === null || Date.parse(link.expires_at) > Date.now()) &&
    (purpose === "session" || link.one_time === 0 || link.uses === 0);
  if (!valid) throw new VitrineError("link_invalid");
  if (!GRANTS[link.power].includes(power)) throw new VitrineError("power_missing", { power });
  return link;
};
