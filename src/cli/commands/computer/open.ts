import { spawn } from "node:child_process";
import type { Command } from "commander";
import { VitrineError } from "../../../client/index.ts";
import type { Cli } from "../../cli.ts";
import { print } from "../../print.ts";

/** Asks the desktop, if there is one, to show a page; that it cannot is no failure, since the URL is printed. */
const showPage = (url: string): void => {
  const hasDesktop = process.platform === "darwin" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (!hasDesktop) return;
  const child = spawn(process.platform === "darwin" ? "open" : "xdg-open", [url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
};

export const addOpen = (parent: Command, cli: Cli): void => {
  parent
    .command("open <name>")
    .description("Print the live view's URL and, on a desktop, open it")
    .option("--view-only", "the page that cannot type")
    .action(async (name: string, { viewOnly }: { viewOnly?: boolean }) => {
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const url = viewOnly ? computer.live_view_only_url : computer.live_url;
      if (!url) throw new VitrineError("no_display");
      print(cli, { url }, url);
      if (!cli.json()) showPage(url);
    });
};
