import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type Page, chromium as playwright } from "playwright-core";
import { browserVerbs } from "../../../src/server/browser/verbs.ts";
import { RfbClient } from "../../../src/server/display/rfb-client.ts";
import { startXvnc } from "../display/xvnc.ts";
import { HostGuest } from "../relay/host-guest.ts";

const OPENBOX = new URL("../../../guest-image/rootfs/browser/opt/vitrine/openbox/rc.xml", import.meta.url).pathname;
const SIZE = { width: 1024, height: 768 };

/** The guest's desktop on this host: Xtigervnc, openbox with the guest's settings, and Chromium with a window on it. */
export interface Desktop {
  display: RfbClient;
  browser: ReturnType<typeof browserVerbs>;
  port: number;
  /** The path of Chromium's WebSocket, at `port`. */
  wsPath: string;
  rfbPort: number;
  playwright: Browser;
  page: Page;
  end: () => Promise<void>;
}

export const startDesktopWithChromium = async (url: string): Promise<Desktop> => {
  const ends: (() => Promise<unknown> | unknown)[] = [];
  const end = async () => {
    for (const one of ends.splice(0).reverse()) await one();
  };
  const start = (program: string, args: string[], env: NodeJS.ProcessEnv) => {
    const child = spawn(program, args, { env, detached: true, stdio: ["ignore", "ignore", "pipe"] });
    const exited = once(child, "exit");
    ends.push(async () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
      await exited;
    });
    return child;
  };
  try {
    const xvnc = await startXvnc(SIZE);
    ends.push(xvnc.kill);
    const env = { ...process.env, DISPLAY: xvnc.display };
    start("openbox", ["--sm-disable", "--config-file", OPENBOX], env).stderr.resume();
    const profile = await mkdtemp(join(tmpdir(), "vitrine-chromium-"));
    ends.push(() => rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
    const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--password-store=basic"];
    const window = ["--ozone-platform=x11", "--start-maximized", "--window-position=0,0", `--window-size=${SIZE.width},${SIZE.height}`];
    const chromium = start(
      "/usr/bin/chromium",
      [...flags, ...window, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "--", url],
      env,
    );
    const listening = Promise.withResolvers<RegExpExecArray>();
    chromium.once("exit", () => listening.reject(new Error("Chromium ended before it listened")));
    createInterface(chromium.stderr).on("line", (line) => {
      const match = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)(\/\S+)/.exec(line);
      if (match) listening.resolve(match);
    });
    const [, port, wsPath] = await listening.promise;
    const guest = new HostGuest();
    guest.ready({ port: Number(port), wsPath: wsPath! });
    const stream = connect({ port: xvnc.port, host: "127.0.0.1", noDelay: true });
    await once(stream, "connect");
    const display = await RfbClient.connect(stream, new AbortController().signal);
    ends.push(() => display.close());
    const browser = await playwright.connectOverCDP(`http://127.0.0.1:${port}`);
    ends.push(() => browser.close());
    const page = browser.contexts()[0]!.pages()[0]!;
    return {
      port: Number(port),
      wsPath: wsPath!,
      rfbPort: xvnc.port,
      display,
      browser: browserVerbs(guest),
      playwright: browser,
      page,
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
};
