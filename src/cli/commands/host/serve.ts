import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { untilAborted } from "../../until-aborted.ts";
import { hostConfig } from "./host.ts";

export const addServe = (parent: Command, cli: Cli): void => {
  parent
    .command("serve")
    .description("Run the service; first sets up what the host lacks")
    .option("--listen <host:port>", "where to listen (default: VITRINE_LISTEN or 127.0.0.1:7780)")
    .option("--stop-computers", "suspend all computers when the service is told to end (default: they run on)")
    .action(async ({ listen, stopComputers = false }: { listen?: string; stopComputers?: boolean }) => {
      const config = await hostConfig();
      const { parseListen } = await import("../../../server/setup/config.ts");
      if (listen) config.listen = parseListen(listen, "--listen");
      const { readFault } = await import("../../../server/points.ts");
      const fault = readFault(process.env);
      const { serve } = await import("../../../server/main.ts");
      const { pino } = await import("pino");
      // Standard output is for the address alone, so that a script may wait for it.
      const log = pino({ level: config.logLevel }, pino.destination(2));
      const view = progressView(cli.stderr);
      const service = await serve(config, { log, progress: view.report, signal: cli.signal, fault }).catch((error: unknown) => {
        view.end(false);
        throw error;
      });
      view.end();
      try {
        print(cli, { url: service.url, data_dir: config.dataDir }, `Vitrine is listening on ${service.url} (API: ${service.url}/docs)`);
        await untilAborted(cli.signal);
      } finally {
        await service.close({ suspend: stopComputers });
      }
    });
};
