import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { fields, print } from "../print.ts";
import { addSpecOptions, type SpecOptions, specFrom } from "../spec-options.ts";
import { untilAborted } from "../until-aborted.ts";
import { working } from "../working.ts";

/** A bare host name is meant as a web page. */
const pageUrl = (text: string): string => (/^(https?:|about:|data:)/.test(text) ? text : `https://${text}`);

export const addBrowser = (parent: Command, cli: Cli): void => {
  addSpecOptions(parent.command("browser <url>").description("A new computer with its browser at a page"))
    .option("--rm", "wait for Ctrl-C, then delete it")
    .action(async (url: string, options: SpecOptions & { rm?: boolean }) => {
      const computer = await working(cli, "computer", "creating", () =>
        cli.vitrine().computers.create(specFrom(options, pageUrl(url)), { signal: cli.signal }),
      );
      try {
        print(cli, computer, fields({ name: computer.name, cdp_url: computer.cdp_url, live_url: computer.live_url }));
        if (!options.rm) return;
        if (!cli.json()) cli.stderr.write("Ctrl-C deletes it.\n");
        await untilAborted(cli.signal);
      } finally {
        if (options.rm) await computer.delete();
      }
    });
};
