import { VitrineError } from "../../contract/errors.ts";
import type { CreateLink, LinkInfo } from "../../contract/links.ts";
import { tokenOf } from "../auth/tokens.ts";
import { newLink } from "../computers/links.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "../computers/record.ts";
import type { LinkRecord } from "../store/links.ts";
import type { Context } from "./context.ts";
import type { OpenRelays } from "./relays.ts";
import type { Handlers } from "./route.ts";
import { linkUrls } from "./urls.ts";
import { viewOf } from "./view.ts";

/** Throws what keeps the computer from having such a link. */
const requireSubject = ({ ports }: Context, record: ComputerRecord, { power, port }: CreateLink): void => {
  if (record.status === "deleting" || record.status === "deleted") throw new VitrineError("computer_not_found", { id: record.id });
  if (power === "cdp" && !hasBrowser(record)) throw new VitrineError("no_browser");
  if ((power === "view" || power === "control") && !hasDisplay(record)) throw new VitrineError("no_display");
  if (port !== undefined && !ports.get(record.id, port)) throw new VitrineError("port_not_published", { port });
};

const infoOf = (link: LinkRecord): LinkInfo => ({
  link_id: link.id,
  power: link.power,
  port: link.port,
  read_only: link.read_only === 1,
  one_time: link.one_time === 1,
  own: link.own === 1,
  uses: link.uses,
  created_at: link.created_at,
  expires_at: link.expires_at,
});

/** Ends what links opened that are gone already, and says so. */
export const endLinks = (
  { emit }: Context,
  relays: OpenRelays,
  links: readonly LinkRecord[],
  reason: string,
  actor: string | null,
): void => {
  for (const { id, computer_id, power } of links) {
    relays.endLink(id);
    emit({ type: "link.revoked", computer_id, actor, data: { link_id: id, power, reason } });
  }
};

export const linkHandlers = (
  context: Context,
  relays: OpenRelays,
): Pick<Handlers, "createLink" | "listLinks" | "deleteLink" | "renewLinks"> => {
  const { links, sign, emit } = context;
  return {
    createLink: ({ params, computers, body, request, actor }) => {
      const record = computers.get(params.id);
      requireSubject(context, record, body);
      const expires_at = new Date(Date.now() + body.ttl_s * 1000).toISOString();
      const link = newLink(record.id, body.power, {
        port: body.port ?? null,
        read_only: body.read_only ? 1 : 0,
        one_time: body.one_time ? 1 : 0,
        expires_at,
      });
      links.insert(link);
      const { link_id, power, port, read_only, one_time } = infoOf(link);
      const limits = { ...(port !== null && { port }), ...(read_only && { read_only }), one_time, expires_at };
      emit({ type: "link.created", computer_id: record.id, actor, data: { link_id, power, ...limits } });
      const token = tokenOf(sign, link);
      return { link_id: link.id, ...linkUrls(context, request, record, link, token), token, expires_at };
    },
    listLinks: ({ params, computers }) => ({ data: links.live(computers.get(params.id).id).map(infoOf), next_cursor: null }),
    deleteLink: ({ params, computers, actor }) => {
      const link = links.remove(params.link_id, computers.get(params.id).id);
      if (link) endLinks(context, relays, [link], "revoked", actor);
    },
    renewLinks: ({ params, computers, request, actor }) => {
      const record = computers.get(params.id);
      const old = links.own(record.id);
      links.replaceOwn(
        record.id,
        old.map(({ power, port }) => newLink(record.id, power, { port, own: 1 })),
      );
      endLinks(context, relays, old, "renewed", actor);
      return viewOf(context, request, record);
    },
  };
};
