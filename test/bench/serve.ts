import type { Logger } from "pino";
import type { Internet } from "../../src/server/egress/internet.ts";
import { type Service, serve } from "../../src/server/main.ts";
import type { Config } from "../../src/server/setup/config.ts";

/** A service on a free port, which says on stderr what of the host is being set up. */
export const serveBench = (config: Config, log: Logger, internet: Internet): Promise<Service> =>
  serve({ ...config, listen: { host: "127.0.0.1", port: 0 } }, { log, internet, progress: ({ message }) => console.error(message) });
