import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { Computer } from "../../contract/computer.ts";
import type { Power } from "../../contract/links.ts";
import type { PublishedPort } from "../../contract/ports.ts";
import { tokenOf } from "../auth/tokens.ts";
import type { HoldKind } from "../computers/activity.ts";
import { type ComputerRecord, hasBrowser } from "../computers/record.ts";
import type { PortRecord } from "../store/ports.ts";
import type { Context } from "./context.ts";
import { linkUrls, portBase } from "./urls.ts";

const browserStatus = (context: Context, record: ComputerRecord) => {
  if (record.status === "creating" || record.status === "starting" || record.status === "restoring") return "starting";
  const state = context.computers.live(record)?.guest.state;
  if (record.status !== "running") return "closed";
  // Adopted a moment ago and not heard of yet: it was ready when it was left.
  if (!state || state.browser.status === "ready") return "ready";
  return state.browser.status === "failed" ? "error" : "starting";
};

const connectionsOf = (context: Context, record: ComputerRecord) => {
  const activity = context.computers.live(record)?.activity;
  const count = (kind: HoldKind) => activity?.count(kind) ?? 0;
  return { cdp: count("cdp"), viewers: count("viewer"), terminals: count("terminal"), commands: count("exec") };
};

/** A published port as the API shows it. */
export const portView = (
  context: Context,
  request: IncomingMessage,
  record: ComputerRecord,
  { port, public: open }: PortRecord,
): PublishedPort => {
  const link = context.links.own(record.id).find((own) => own.port === port);
  const link_url = link ? linkUrls(context, request, record, link, tokenOf(context.sign, link)).url : null;
  return { port, url: `${portBase(context, request, record, port)}/`, public: open, link_url };
};

/** A record as the API shows it, with its URLs on the host that the client used. */
export const viewOf = (context: Context, request: IncomingMessage, record: ComputerRecord): z.input<typeof Computer> => {
  const own = new Map<Power, ReturnType<typeof linkUrls>>();
  for (const link of context.links.own(record.id)) {
    if (link.power !== "port") own.set(link.power, linkUrls(context, request, record, link, tokenOf(context.sign, link)));
  }
  const { spec } = record;
  return {
    id: record.id,
    name: record.name,
    status: record.status,
    template: spec.template,
    vcpus: spec.vcpus,
    ram_mb: spec.ram_mb,
    disk_size_mb: spec.disk_size_mb,
    workspace_quota_mb: spec.workspace_quota_mb,
    workspace_used_bytes: context.computers.workspaceBytes(record),
    browser: hasBrowser(record)
      ? { mode: spec.browser.mode, viewport: spec.browser.viewport, status: browserStatus(context, record) }
      : null,
    cdp_url: own.get("cdp")?.url ?? null,
    cdp_ws_url: own.get("cdp")?.ws_url ?? null,
    live_url: own.get("control")?.url ?? null,
    live_view_only_url: own.get("view")?.url ?? null,
    published_ports: context.ports.list(record.id).map((port) => portView(context, request, record, port)),
    recordings: context.recordings.ids(record.id),
    recording: context.recordings.isFilmed(record.id),
    connections: connectionsOf(context, record),
    network: spec.network,
    metadata: spec.metadata,
    created_at: record.created_at,
    started_at: record.started_at,
    stopped_at: record.stopped_at,
    expires_at: record.expires_at,
    last_error: record.last_error,
    start_kind: record.start_kind,
    ready_ms: record.ready_ms,
    ready_phases: record.ready_phases,
  };
};
