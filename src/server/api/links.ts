import { VitrineError } from "../../contract/errors.ts";
import { tokenOf } from "../auth/tokens.ts";
import { generateId } from "../computers/names.ts";
import { hasBrowser, hasDisplay } from "../computers/record.ts";
import type { Context } from "./context.ts";
import type { OpenRelays } from "./relays.ts";
import type { Handlers } from "./route.ts";
import { cdpPath, displayPath, httpBase, livePath, wsBase } from "./urls.ts";

export const linkHandlers = ({ links, sign }: Context, relays: OpenRelays): Pick<Handlers, "createLink" | "deleteLink"> => ({
  createLink: ({ params, computers, body, request }) => {
    const record = computers.get(params.id);
    if (record.status === "deleting" || record.status === "deleted") throw new VitrineError("computer_not_found", { id: params.id });
    if (body.power === "cdp" && !hasBrowser(record)) throw new VitrineError("no_browser");
    if (body.power !== "cdp" && !hasDisplay(record)) throw new VitrineError("no_display");
    const link = {
      id: generateId("lnk"),
      computer_id: record.id,
      power: body.power,
      own: 0 as const,
      expires_at: new Date(Date.now() + body.ttl_s * 1000).toISOString(),
    };
    links.insert(link);
    const token = tokenOf(sign, link);
    const [page, socket] = body.power === "cdp" ? [cdpPath(record.id), cdpPath(record.id)] : [livePath(record.id), displayPath(record.id)];
    return {
      link_id: link.id,
      url: `${httpBase(request)}${page}?token=${token}`,
      ws_url: `${wsBase(request)}${socket}?token=${token}`,
      token,
      expires_at: link.expires_at,
    };
  },
  deleteLink: ({ params, computers }) => {
    links.remove(params.link_id, computers.get(params.id).id);
    relays.endLink(params.link_id);
  },
});
