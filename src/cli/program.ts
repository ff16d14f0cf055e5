import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Cli } from "./cli.ts";
import { addBrowser } from "./commands/browser.ts";
import { addCapacity } from "./commands/capacity.ts";
import { addCompletion } from "./commands/completion.ts";
import { addAct } from "./commands/computer/act.ts";
import { addCopy } from "./commands/computer/cp.ts";
import { addCreate } from "./commands/computer/create.ts";
import { addDelete } from "./commands/computer/delete.ts";
import { addEvents } from "./commands/computer/events.ts";
import { addFork } from "./commands/computer/fork.ts";
import { addGet } from "./commands/computer/get.ts";
import { addLink } from "./commands/computer/link.ts";
import { addList } from "./commands/computer/list.ts";
import { addLogs } from "./commands/computer/logs.ts";
import { addNetwork } from "./commands/computer/network.ts";
import { addOpen } from "./commands/computer/open.ts";
import { addPort } from "./commands/computer/port.ts";
import { addRecord } from "./commands/computer/record.ts";
import { addRun } from "./commands/computer/run.ts";
import { addScreenshot } from "./commands/computer/screenshot.ts";
import { addSnapshot } from "./commands/computer/snapshot.ts";
import { addSsh } from "./commands/computer/ssh.ts";
import { addStart } from "./commands/computer/start.ts";
import { addStop } from "./commands/computer/stop.ts";
import { addTerminal } from "./commands/computer/terminal.ts";
import { addWorkspace } from "./commands/computer/workspace.ts";
import { addDoctor } from "./commands/host/doctor.ts";
import { addImage } from "./commands/host/image.ts";
import { addServe } from "./commands/host/serve.ts";
import { addSetup } from "./commands/host/setup.ts";
import { addKey } from "./commands/key.ts";
import { addMcp } from "./commands/mcp.ts";
import { addProfile } from "./commands/profile.ts";
import { addWebhook } from "./commands/webhook.ts";

const version = (): string =>
  (JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string }).version;

/** The whole command line. Commands throw; nothing in it ends the process. */
export const buildProgram = (cli: Cli): Command => {
  const program = new Command("vitrine")
    .description("MicroVM computers with Chromium, for programs and the people who watch them.")
    .version(version())
    .option("--json", "print JSON")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => cli.stdout.write(text), writeErr: (text) => cli.json() || cli.stderr.write(text) })
    .showHelpAfterError("(--help shows how it is used)")
    .exitOverride();
  for (const add of [addServe, addSetup, addDoctor, addImage]) add(program, cli);
  const computer = program.command("computer").description("Make and use computers");
  for (const add of [
    addCreate,
    addList,
    addGet,
    addRun,
    addSsh,
    addTerminal,
    addStop,
    addStart,
    addFork,
    addDelete,
    addCopy,
    addScreenshot,
    addAct,
    addRecord,
    addNetwork,
    addEvents,
    addLogs,
    addOpen,
    addLink,
    addPort,
    addSnapshot,
    addWorkspace,
  ])
    add(computer, cli);
  addBrowser(program, cli);
  addCapacity(program, cli);
  addKey(program, cli);
  addProfile(program, cli);
  addWebhook(program, cli);
  addMcp(program, cli);
  addCompletion(program, cli);
  return program;
};
