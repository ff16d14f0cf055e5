import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";
import { fakeFleet } from "./fake-machine.ts";
import { startService, type TestService } from "./service.ts";

export const SCREEN = { width: 1280, height: 800 };

/** What the tests of an adapter share: a service on fake machines with a screen, from before the file's first test to after its last one. No computer outlives a test. */
export const adapterWorld = () => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  let xvnc: TestXvnc | undefined;
  let service: TestService;
  let vitrine: Vitrine;
  beforeAll(async () => {
    xvnc = await startXvnc(SCREEN);
    service = await startService(mkdtempSync(join(dir, "data-")), fakeFleet({ [RFB_PORT]: xvnc.port }));
    vitrine = new Vitrine(service);
  });
  afterEach(async () => {
    for await (const computer of vitrine.computers.all()) await computer.delete();
  });
  afterAll(async () => {
    await service?.close();
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
