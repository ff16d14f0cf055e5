import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { CDP_PORT, RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";
import { startChromium, type TestChromium } from "../unit/relay/chromium.ts";
import { fakeFleet } from "./fake-machine.ts";
import { startService, type TestService } from "./service.ts";

export const SCREEN = { width: 1280, height: 800 };

/**
 * What the tests of an adapter share: a service on fake machines with a screen and, where it is asked for, a browser, from before the file's first test to after
 * its last one. No computer outlives a test.
 */
export const adapterWorld = ({ browser = false } = {}) => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  let xvnc: TestXvnc | undefined;
  let chromium: TestChromium | undefined;
  let service: TestService;
  let vitrine: Vitrine;
  beforeAll(async () => {
    xvnc = await startXvnc(SCREEN);
    if (browser) chromium = await startChromium();
    const ports: Record<number, number> = { [RFB_PORT]: xvnc.port };
    if (chromium) ports[CDP_PORT] = chromium.port;
    service = await startService(mkdtempSync(join(dir, "data-")), fakeFleet(ports, chromium?.wsPath));
    vitrine = new Vitrine(service);
  });
  afterEach(async () => {
    for await (const computer of vitrine.computers.all()) await computer.delete();
  });
  afterAll(async () => {
    await service?.close();
    await chromium?.kill();
    await xvnc?.kill();
    rmSync(dir, { recursive: true });
  });
  return {
    dir,
    /** A guest on this host: its user, and a folder of the test's own. */
    options: { user: userInfo().username, cwd: dir },
    get vitrine() {
      return vitrine;
    },
    /** The ids of the computers that there are. */
    computers: async () => (await vitrine.computers.list()).data.map(({ id }) => id),
    /** How many computers were ever booted. */
    booted: () => service.fleet.booted.length,
  };
};
