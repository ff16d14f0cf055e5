import type { ComputerRecord } from "../client/index.ts";
import { fields } from "./print.ts";

/** A computer as a person reads it. */
export const describe = (c: ComputerRecord): string =>
  fields({
    id: c.id,
    name: c.name,
    status: c.status,
    error: c.last_error && `${c.last_error.code}: ${c.last_error.message}`,
    template: c.template,
    size: `${c.vcpus} cores, ${c.ram_mb} MB RAM, ${c.disk_size_mb} MB disk`,
    workspace: `${Math.ceil(c.workspace_used_bytes / 1024 ** 2)} of ${c.workspace_quota_mb} MB`,
    browser: c.browser && `${c.browser.mode}, ${c.browser.viewport.width}x${c.browser.viewport.height}, ${c.browser.status}`,
    network: [c.network.mode, ...c.network.host_ports.map((port) => `host port ${port}`)].join(", "),
    metadata: Object.entries(c.metadata)
      .map(([key, value]) => `${key}=${value}`)
      .join(", "),
    created: c.created_at,
    expires: c.expires_at,
    "ready after": c.ready_ms === null ? null : `${(c.ready_ms / 1000).toFixed(1)} s (${c.start_kind})`,
    cdp_url: c.cdp_url,
    live_url: c.live_url,
    ports: c.published_ports.map(({ url, link_url }) => link_url ?? url).join(" "),
  });
