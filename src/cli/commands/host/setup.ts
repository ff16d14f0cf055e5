import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { hostConfig, silent } from "./host.ts";

export const addSetup = (parent: Command, cli: Cli): void => {
  parent
    .command("setup")
    .description("Install and build what the host lacks, without starting the service")
    .option("--tests", "also what the tests and benchmarks need")
    .action(async ({ tests = false }: { tests?: boolean }) => {
      const config = await hostConfig();
      const { prepare } = await import("../../../server/host.ts");
      const { TEST_NEEDS } = await import("../../../server/setup/packages.ts");
      const view = progressView(cli.stderr);
      try {
        const { host, image } = await prepare(config, {
          template: "browser",
          alsoNeeds: tests ? TEST_NEEDS : [],
          progress: view.report,
          signal: cli.signal,
          log: silent,
        });
        view.end();
        print(cli, { image, host: host.about }, tests ? "" : `Ready: ${host.about}`);
      } catch (error) {
        view.end(false);
        throw error;
      }
    });
};
