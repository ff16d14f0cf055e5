import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import type { Host } from "../../src/server/host.ts";
import { ensureDashboard } from "../../src/server/setup/dashboard.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";
import { openDashboard, signIn } from "./dashboard-page.ts";
import { fakeFleet } from "./fake-machine.ts";
import { startService, type TestService } from "./service.ts";

export interface DashboardWorld {
  service: TestService;
  /** The service's. */
  dataDir: string;
  browser: Browser;
  page: Page;
  /** Opens the dashboard in a browser of its own, which is `page` from then on. */
  open(path?: string): Promise<void>;
  openSignedIn(path?: string): Promise<void>;
  /** Creates a computer by the API; answers its id. */
  make(body: object): Promise<string>;
  /** Ends the service and starts it again where it was; `between` is done while it is away. */
  restart(between: () => Promise<void>): Promise<void>;
}

/** The built dashboard on fake machines with a real display, and a browser to look at it with, for the tests of a file. Each begins without computers. */
export const dashboardWorld = (host: Partial<Host> = {}): DashboardWorld => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  let xvnc: TestXvnc;
  let dashboard: string;
  let complaints: string[] = [];
  const serve = (port: number, fleet = fakeFleet({ [RFB_PORT]: xvnc.port })) =>
    startService(dir, fleet, { config: { apiKey: "the-operators-key", listen: { host: "127.0.0.1", port } }, dashboard, host });
  const world: DashboardWorld = {
    service: undefined as never,
    dataDir: dir,
    browser: undefined as never,
    page: undefined as never,
    open: async (path = "/") => {
      const opened = await openDashboard(world.browser, world.service.url + path);
      world.page = opened.page;
      complaints = opened.complaints;
    },
    openSignedIn: async (path) => {
      await world.open(path);
      await signIn(world.page, world.service.apiKey);
    },
    make: async (body) => {
      const { status, body: made } = await world.service.call("POST", "/v1/computers", body);
      expect(status, JSON.stringify(made)).toBe(201);
      return made.id;
    },
    restart: async (between) => {
      const { port } = new URL(world.service.url);
      await world.service.close();
      await between();
      world.service = await serve(Number(port), world.service.fleet);
    },
  };
  beforeAll(async () => {
    xvnc = await startXvnc({ width: 640, height: 400 });
    dashboard = await ensureDashboard({ cacheDir: join(dir, ".cache"), progress: () => {}, signal: new AbortController().signal });
    world.service = await serve(0);
    world.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  });
  afterEach(async () => {
    await world.page?.context().close();
    for (const { id, status } of (await world.service.call("GET", "/v1/computers")).body.data) {
      // A fake machine's terminals are this host's, and outlive it.
      const { body } = status === "running" ? await world.service.call("GET", `/v1/computers/${id}/terminals`) : { body: { data: [] } };
      for (const { terminal_id } of body.data) await world.service.call("DELETE", `/v1/computers/${id}/terminals/${terminal_id}`);
      await world.service.call("DELETE", `/v1/computers/${id}`);
    }
    expect(complaints).toEqual([]);
  });
  afterAll(async () => {
    await world.browser?.close();
    await world.service?.close();
    await xvnc?.kill();
    rmSync(dir, { recursive: true });
  });
  return world;
};
