import { delimiter, resolve } from "node:path";
import { pino } from "pino";
import { type ServeOptions, type Service, serve } from "./server/main.ts";
import { readConfig } from "./server/setup/config.ts";
import { searchPath } from "./server/setup/executables.ts";

/** What Vitrine.local() of the client calls: the service in this process, on a free port of the loopback. Closing it suspends its computers. */
export const startLocal = async ({ dataDir, ...options }: ServeOptions & { dataDir?: string } = {}): Promise<Service> => {
  process.env.PATH = searchPath().join(delimiter);
  const config = {
    ...readConfig(process.env),
    listen: { host: "127.0.0.1", port: 0 },
    ...(dataDir !== undefined && { dataDir: resolve(dataDir) }),
  };
  // The program's output is its own; what fails is thrown or is an event.
  const service = await serve(config, { log: pino({ level: "silent" }), ...options });
  return { ...service, close: (how = { suspend: true }) => service.close(how) };
};
