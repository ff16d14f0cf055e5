import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { Computer } from "../../contract/computer.ts";
import type { Power } from "../../contract/links.ts";
import { tokenOf } from "../auth/tokens.ts";
import { type ComputerRecord, hasBrowser } from "../computers/record.ts";
import type { Context } from "./context.ts";
import { cdpPath, httpBase, livePath, wsBase } from "./urls.ts";

const browserStatus = (context: Context, record: ComputerRecord) => {
  if (record.status === "creating" || record.status === "starting" || record.status === "restoring") return "starting";
  const state = context.computers.live(record)?.guest.state;
  if (record.status !== "running") return "closed";
  // Adopted a moment ago and not heard of yet: it was ready when it was left.
  if (!state || state.browser.status === "ready") return "ready";
  return state.browser.status === "failed" ? "error" : "starting";
};

/** A record as the API shows it, with its URLs on the host that the client used. */
export const viewOf = (context: Context, request: IncomingMessage, record: ComputerRecord): z.input<typeof Computer> => {
  const tokens = new Map<Power, string>(context.links.own(record.id).map((link) => [link.power, tokenOf(context.sign, link)]));
  const url = (power: Power, base: string, path: string) => {
    const token = tokens.get(power);
    return token === undefined ? null : `${base}${path}?token=${token}`;
  };
  const { spec } = record;
  return {
    id: record.id,
    name: record.name,
    status: record.status,
    template: spec.template,
    vcpus: spec.vcpus,
    ram_mb: spec.ram_mb,
    disk_size_mb: spec.disk_size_mb,
    browser: hasBrowser(record)
      ? { mode: spec.browser.mode, viewport: spec.browser.viewport, status: browserStatus(context, record) }
      : null,
    cdp_url: url("cdp", httpBase(request), cdpPath(record.id)),
    cdp_ws_url: url("cdp", wsBase(request), cdpPath(record.id)),
    live_url: url("control", httpBase(request), livePath(record.id)),
    live_view_only_url: url("view", httpBase(request), livePath(record.id)),
    published_ports: [],
    recordings: context.recordings.ids(record.id),
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
