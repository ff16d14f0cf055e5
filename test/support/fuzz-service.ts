import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { WebSocketServer } from "ws";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { DEFAULT_UIDS } from "../../src/server/machine/confinement/walls.ts";
import { serve } from "../../src/server/main.ts";
import type { Limits } from "../../src/server/setup/limits.ts";
import { fakeInternet } from "./internet.ts";
import { fakeHost } from "./service.ts";
import { stillFleet } from "./still-fleet.ts";

/** The service, alone in a process, so that what it keeps of what it was asked can be measured. Started with --expose-gc by fuzz.test.ts. */
export interface Given {
  dataDir: string;
  apiKey: string;
  vncPort: number;
  cdpPort: number;
  screenName: string;
  limits: Partial<Limits>;
}
export interface Measured {
  /** With the buffers outside of it. */
  heapMb: number;
  rssMb: number;
  sockets: number;
  /** Streams of guests that are open. */
  streams: number;
  /** What failed that should not have, by the log, and what Node warned of. */
  complaints: string[];
}

const MIB = 1024 ** 2;
const complaints: string[] = [];
process.on("warning", (warning) => complaints.push(String(warning)));

/** A Chromium without a page, that knows discovery, takes options, and knows no other command. */
const browser = createServer((request, response) => {
  const known = request.url?.startsWith("/json") === true;
  response.writeHead(known ? 200 : 404, { "content-type": "application/json" }).end(known ? "[]" : "{}");
});
new WebSocketServer({ server: browser }).on("connection", (socket) => {
  socket.on("message", (message) => {
    const { id, method } = JSON.parse(String(message)) as { id: number; method: string };
    const taken = /[.](set|enable|disable|grant|getVersion|createBrowserContext|disposeBrowserContext)/.test(method);
    socket.send(JSON.stringify({ id, ...(taken ? { result: {} } : { error: { code: -32601, message: "there is no such command" } }) }));
  });
});

const measure = async (open: () => number): Promise<Measured> => {
  for (let i = 0; i < 4; i++) {
    global.gc?.();
    await sleep(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const sockets = process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
  return { heapMb: (heapUsed + external) / MIB, rssMb: rss / MIB, sockets, streams: open(), complaints: [...complaints] };
};

const begin = async (given: Given): Promise<void> => {
  await new Promise<void>((resolve) => browser.listen(0, "127.0.0.1", resolve));
  const { port } = browser.address() as AddressInfo;
  const ports = { [RFB_PORT]: given.vncPort, [given.cdpPort]: port };
  const fleet = stillFleet(ports, { port: RFB_PORT, name: given.screenName });
  // What the fakes lack is said in the log, too.
  const complain = (line: string) => void (line.includes('"internal_error"') && complaints.push(line));
  const service = await serve(
    {
      listen: { host: "127.0.0.1", port: 0 },
      dataDir: given.dataDir,
      cacheDir: given.dataDir,
      apiKey: given.apiKey,
      allowedHosts: [],
      logLevel: "error",
      templatesMb: 1024,
      uids: DEFAULT_UIDS,
      pool: {},
      limits: given.limits,
    },
    { log: pino({ level: "error" }, { write: complain }), host: fakeHost(fleet), dashboard: null, internet: fakeInternet() },
  );
  process.on("message", async (ask: "measure" | "close") => {
    if (ask === "measure") process.send?.(await measure(fleet.open));
    else {
      await service.close();
      browser.close();
      process.disconnect();
    }
  });
  process.send?.(service.url);
};

// The test has died.
process.once("disconnect", () => process.exit());
process.once("message", (given: Given) => void begin(given));
