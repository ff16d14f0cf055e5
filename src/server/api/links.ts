import type { IncomingMessage } from "node:http";
import { VitrineError } from "../../contract/errors.ts";
import type { CreateLink, Link, LinkInfo } from "../../contract/links.ts";
import { tokenOf } from "../auth/tokens.ts";
import { newLink } from "../computers/links.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "../computers/record.ts";
import { findTerminal } from "../guest/terminals.ts";
import type { LinkRecord } from "../store/links.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";
import type { OpenRelays } from "./relays.ts";
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
  terminal_id: link.terminal,
  read_only: link.read_only === 1,
  one_time: link.one_time === 1,
  own: link.own === 1,
  uses: link.uses,
  created_at: link.created_at,
  expires_at: link.expires_at,
});

/** Makes a link that was found good. */
export const makeLink = (
  context: Context,
  request: IncomingMessage,
  record: ComputerRecord,
  wanted: CreateLink,
  actor: string | null,
): Link => {
  const expires_at = new Date(Date.now() + wanted.ttl_s * 1000).toISOString();
  const link = newLink(record.id, wanted.power, {
    port: wanted.port ?? null,
    terminal: wanted.terminal_id ?? null,
    read_only: wanted.read_only ? 1 : 0,
    one_time: wanted.one_time ? 1 : 0,
    expires_at,
  });
  context.links.insert(link);
  const { link_id, power, port, terminal_id, read_only, one_time } = infoOf(link);
  const subject = { ...(port !== null && { port }), ...(terminal_id !== null && { terminal_id }) };
  const data = { link_id, power, ...subject, ...(read_only && { read_only }), one_time, expires_at };
  context.emit({ type: "link.created", computer_id: record.id, actor, data });
  const token = tokenOf(context.sign, link);
  return { link_id, ...linkUrls(context, request, record, link, token), token, expires_at };
};

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
  const { links } = context;
  return {
    createLink: async ({ params, computers, body, request, actor, signal }) => {
      const record = computers.get(params.id);
      requireSubject(context, record, body);
      if (body.terminal_id !== undefined)
        await findTerminal(computers.running(record.id, "a terminal").live.guest, body.terminal_id, signal);
      return makeLink(context, request, record, body, actor);
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
