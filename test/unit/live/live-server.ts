import { createReadStream } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { VitrineError } from "../../../src/contract/errors.ts";
import { novncBundle } from "../../../src/server/api/novnc.ts";
import { relayDisplay } from "../../../src/server/relay/display.ts";
import { refuseUpgrade } from "../../../src/server/relay/refuse.ts";
import { readLimits } from "../../../src/server/setup/limits.ts";
import type { HostGuest } from "../relay/host-guest.ts";

const ROOT = join(import.meta.dirname, "../../..");
const TYPES: Record<string, string> = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const CSP =
  "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

/** The service as the live page sees it: its files, one computer's state, and its display. `allow` is what links may still do. */
export const startLiveServer = async (guest: HostGuest) => {
  const state = {
    name: "einstein",
    status: "running",
    power: "control",
    viewers: 1,
    control: { holder: null as string | null, name: null as string | null, mine: false },
  };
  let allowed = true;
  let abort = new AbortController();
  const listeners = new Set<ServerResponse>();
  const send = (response: ServerResponse) => response.write(`event: message\ndata: ${JSON.stringify(state)}\n\n`);

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    response.setHeader("content-security-policy", CSP);
    if (pathname === "/live/cmp_1/state") {
      if (!allowed || searchParams.get("token") !== "tok") return void response.writeHead(401).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
      return void send(response);
    }
    if (pathname === "/assets/novnc.js") {
      response.setHeader("content-type", "text/javascript");
      return void novncBundle().then((bundle) => response.end(bundle));
    }
    if (pathname === "/live/cmp_1/control") {
      const taken = request.method === "POST";
      state.control = taken
        ? { holder: "person", name: null, mine: searchParams.has("viewer") }
        : { holder: null, name: null, mine: false };
      for (const listener of listeners) send(listener);
      return void response.end("{}");
    }
    const path = pathname === "/live/cmp_1" ? "src/live/index.html" : pathname.replace("/assets/live", "src/live");
    response.setHeader("content-type", TYPES[extname(path)] ?? "text/plain");
    createReadStream(join(ROOT, path))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  server.on("upgrade", (request, socket, head) => {
    const { searchParams } = new URL(request.url!, "http://localhost");
    if (!allowed || searchParams.get("token") !== "tok") return refuseUpgrade(socket, new VitrineError("link_invalid"));
    if (state.status !== "running") return refuseUpgrade(socket, new VitrineError("wrong_state", { status: state.status }));
    void relayDisplay({ request, socket, head, guest, viewOnly: state.power !== "control", signal: abort.signal, limits: readLimits({}) });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const dropDisplay = () => {
    abort.abort(new Error("test"));
    abort = new AbortController();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live/cmp_1?token=tok`,
    dropDisplay,
    set: (news: Partial<typeof state>) => {
      Object.assign(state, news);
      if (state.status !== "running") dropDisplay();
      for (const listener of listeners) send(listener);
    },
    revoke: () => {
      allowed = false;
      dropDisplay();
    },
    close: () => {
      dropDisplay();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
};
