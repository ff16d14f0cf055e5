import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { hostConfig, silent } from "./host.ts";

export const addSetup = (parent: Command, cli: Cli): void => {
  parent
    .command("setup")
    .description("Install and build what the host lacks, without starting the service")
    .option("--tests", "also what the tests need")
    .option("--bench", "also what the benchmarks need")
    .action(async ({ tests = false, bench = false }: { tests?: boolean; bench?: boolean }) => {
      const config = await hostConfig();
      const { prepare } = await import("../../../server/host.ts");
      const { BENCH_NEEDS, TEST_NEEDS } = await import("../../../server/setup/packages.ts");
      const view = progressView(cli.stderr);
      try {
        const { host, image } = await prepare(config, {
          template: "browser",
          alsoNeeds: [...(tests || bench ? TEST_NEEDS : []), ...(bench ? BENCH_NEEDS : [])],
          progress: view.report,
          signal: cli.signal,
          log: silent,
        });
        view.end();
        print(cli, { image, host: host.about }, tests || bench ? "" : `Ready: ${host.about}`);
      } catch (error) {
        view.end(false);
        throw error;
      }
    });
};
