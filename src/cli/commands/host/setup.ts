import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";
import { progressView } from "../../progress.ts";
import { hostConfig } from "./host.ts";

export const addSetup = (parent: Command, cli: Cli): void => {
  parent
    .command("setup")
    .description("Install and build what the host lacks, without starting the service")
    .option("--tests", "also what the tests and benchmarks need")
    .action(async ({ tests = false }: { tests?: boolean }) => {
      const { cacheDir } = await hostConfig();
      const { setUp } = await import("../../../server/setup/setup.ts");
      const { TEST_NEEDS } = await import("../../../server/setup/packages.ts");
      const view = progressView(cli.stderr);
      try {
        const { images, accel } = await setUp({
          templates: ["browser"],
          cacheDir,
          progress: view.report,
          signal: cli.signal,
          alsoNeeds: tests ? TEST_NEEDS : [],
        });
        view.end();
        print(cli, { images, accel }, tests ? "" : `Ready: ${accel.reason}`);
      } catch (error) {
        view.end(false);
        throw error;
      }
    });
};
