import { pino } from "pino";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { DEFAULT_UIDS } from "../../src/server/machine/confinement/walls.ts";
import { serve } from "../../src/server/main.ts";
import { fakeInternet } from "../support/internet.ts";
import { fakeHost } from "../support/service.ts";
import { stillFleet } from "../support/still-fleet.ts";

/** The service on machines that do nothing and share one screen, alone in a process, so that what it uses is told from what the benchmark does. */
export interface Given {
  dataDir: string;
  apiKey: string;
  vncPort: number;
  dashboard: string;
}
export interface Used {
  /** Processor time, in seconds. */
  cpuS: number;
  rssMb: number;
}

const begin = async ({ dataDir, apiKey, vncPort, dashboard }: Given): Promise<void> => {
  // All of them have the screen.
  const fleet = stillFleet({ [RFB_PORT]: vncPort }, { port: 0, name: "" });
  const service = await serve(
    {
      listen: { host: "127.0.0.1", port: 0 },
      dataDir,
      cacheDir: dataDir,
      apiKey,
      allowedHosts: [],
      logLevel: "warn",
      templatesMb: 1024,
      uids: DEFAULT_UIDS,
      pool: {},
    },
    { log: pino({ level: "warn" }, pino.destination(2)), host: fakeHost(fleet), dashboard, internet: fakeInternet() },
  );
  process.on("message", async (ask: "measure" | "close") => {
    if (ask === "measure") {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuS: (user + system) / 1e6, rssMb: process.memoryUsage().rss / 1024 ** 2 } satisfies Used);
    } else {
      await service.close();
      process.disconnect();
    }
  });
  process.send?.(service.url);
};

process.once("message", (given: Given) => void begin(given));
