import { type Command, Option } from "commander";
import { Vitrine } from "../../client/index.ts";
import type { Cli } from "../cli.ts";
import { plain, print } from "../print.ts";
import { integer } from "../values.ts";

const DEFAULT_PORT = 7781;

export const addMcp = (parent: Command, cli: Cli): void => {
  parent
    .command("mcp")
    .description("Serve the Model Context Protocol on standard input and output, for an agent that starts this command, or over HTTP")
    .addOption(
      new Option("--http [port]", "serve streamable HTTP on 127.0.0.1, to clients that give an API key as their bearer token, until Ctrl-C")
        .preset(String(DEFAULT_PORT))
        .argParser(integer),
    )
    .action(async ({ http }: { http?: number }) => {
      const version = parent.version() ?? "";
      const complain = (message: string) => cli.stderr.write(`vitrine: ${plain(message)}\n`);
      if (http === undefined) {
        // Loaded when it is wanted: no other command needs the protocol's packages.
        const { serveOnStdio } = await import("../../integrations/mcp/serve.ts");
        return serveOnStdio({ vitrine: cli.vitrine(), version, stdin: cli.stdin, stdout: cli.stdout, complain, signal: cli.signal });
      }
      const { serveOnHttp } = await import("../../integrations/mcp/http.ts");
      const { url: service } = cli.vitrine();
      const { url, closed } = await serveOnHttp({
        port: http,
        vitrineOf: (apiKey) => new Vitrine({ url: service, apiKey }),
        version,
        complain,
        signal: cli.signal,
      });
      print(cli, { url }, url);
      await closed;
    });
};
