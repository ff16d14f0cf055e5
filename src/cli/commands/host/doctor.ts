import type { Command } from "commander";
import type { Cli } from "../../cli.ts";
import { print, table } from "../../print.ts";
import { hostConfig } from "./host.ts";

export const addDoctor = (parent: Command, cli: Cli): void => {
  parent
    .command("doctor")
    .description("Say what of the host is there, what is missing, and which acceleration was chosen and why")
    .action(async () => {
      const config = await hostConfig();
      const { inspectHost } = await import("../../../server/setup/doctor/inspect.ts");
      const { isFit } = await import("../../../server/setup/doctor/check.ts");
      const checks = await inspectHost(config, cli.signal);
      const fit = isFit(checks);
      const mark = (ok: boolean, needed: boolean) => (ok ? "ok" : needed ? "MISSING" : "note");
      const rows = checks.map((c) => [mark(c.ok, c.needed), c.name, c.found, c.fix ? `${c.why} ${c.fix}` : c.why]);
      const verdict = fit ? "This host can run computers." : "Something that is needed is missing; see above. 'npm start' sets it up.";
      print(cli, { ok: fit, checks }, `${table(["", "WHAT", "FOUND", "WHY"], rows)}\n\n${verdict}`);
      cli.exitCode = fit ? 0 : 1;
    });
};
