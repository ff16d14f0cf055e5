import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ComputerRecord, ErrorCode } from "../../../src/client/index.ts";
import { VitrineError } from "../../../src/client/index.ts";

export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage["headers"];
  body: Buffer;
}
export type Handler = (request: Seen, answer: ServerResponse) => void | Promise<void>;

const readAll = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export const json = (answer: ServerResponse, body: unknown, status = 200): void => {
  answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};
export const refuse = (answer: ServerResponse, code: ErrorCode, details: Record<string, unknown> = {}): void => {
  const error = new VitrineError(code, details);
  json(answer, error.toBody("req_1"), error.status);
};

export const computer = (fields: Partial<ComputerRecord> = {}): ComputerRecord => ({
  id: "cmp_abcdefghijkl",
  name: "einstein",
  status: "running",
  template: "browser",
  vcpus: 2,
  ram_mb: 2048,
  disk_size_mb: 10240,
  workspace_quota_mb: 65536,
  workspace_used_bytes: 20_000_000,
  browser: { mode: "live", viewport: { width: 1280, height: 800 }, status: "ready" },
  cdp_url: "http://127.0.0.1:7780/v1/computers/cmp_abcdefghijkl/cdp?token=T",
  cdp_ws_url: "ws://127.0.0.1:7780/v1/computers/cmp_abcdefghijkl/cdp?token=T",
  live_url: "http://127.0.0.1:7780/live/cmp_abcdefghijkl?token=L",
  live_view_only_url: "http://127.0.0.1:7780/live/cmp_abcdefghijkl?token=V",
  published_ports: [],
  recordings: [],
  network: { mode: "open", allow: [], deny: [], allow_cidrs: [], deny_cidrs: [], host_ports: [] },
  metadata: {},
  created_at: "2026-11-20T10:00:00.000Z",
  started_at: "2026-11-20T10:00:05.000Z",
  stopped_at: null,
  expires_at: null,
  last_error: null,
  start_kind: "booted",
  ready_ms: 5000,
  ready_phases: null,
  recording: false,
  connections: { cdp: 0, viewers: 0, terminals: 0, commands: 0 },
  ...fields,
});

/** An HTTP server that answers `METHOD /path` from a table, and remembers what it was asked. */
export const startService = async (routes: Record<string, Handler>) => {
  const seen: Seen[] = [];
  const server = createServer((request, answer) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const key = `${request.method} ${url.pathname}`;
    void readAll(request)
      .then(async (body) => {
        const entry = {
          method: request.method ?? "",
          path: url.pathname,
          query: Object.fromEntries(url.searchParams),
          headers: request.headers,
          body,
        };
        seen.push(entry);
        const handler = routes[key];
        if (handler) await handler(entry, answer);
        else refuse(answer, "route_not_found", { method: request.method, path: url.pathname });
      })
      .catch(() => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    requests: () => seen.map((s) => `${s.method} ${s.path}`),
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
export type Service = Awaited<ReturnType<typeof startService>>;
