import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { plain } from "../print.ts";

export const addMcp = (parent: Command, cli: Cli): void => {
  parent
    .command("mcp")
    .description("Serve the Model Context Protocol on standard input and output, for an agent that starts this command")
    .action(async () => {
      // Loaded when it is wanted: no other command needs the protocol's packages.
      const { serveOnStdio } = await import("../../integrations/mcp/serve.ts");
      await serveOnStdio({
        vitrine: cli.vitrine(),
        version: parent.version() ?? "",
        stdin: cli.stdin,
        stdout: cli.stdout,
        complain: (message) => cli.stderr.write(`vitrine: ${plain(message)}\n`),
        signal: cli.signal,
      });
    });
};
