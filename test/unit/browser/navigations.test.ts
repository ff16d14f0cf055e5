import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { shownAddress, watchNavigations } from "../../../src/server/browser/navigations.ts";
import { browserVerbs } from "../../../src/server/browser/verbs.ts";
import { startChromium, type TestChromium } from "../relay/chromium.ts";
import { HostGuest } from "../relay/host-guest.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const never = new AbortController().signal;
let chromium: TestChromium;
let pages: Server;
let base: string;
const guest = new HostGuest();
const verbs = browserVerbs(guest);

beforeAll(async () => {
  pages = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<title>${request.url}</title>`);
  });
  await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(pages.address() as { port: number }).port}`;
  chromium = await startChromium();
  guest.ready(chromium);
});
afterAll(async () => {
  await chromium?.kill();
  pages.closeAllConnections();
  pages.close();
});

test("each page that a tab goes to is told, without what may be secret, also in a Chromium that comes later; then no more", async () => {
  await verbs.navigate(`${base}/before`, never);
  const seen: string[] = [];
  const failures: unknown[] = [];
  const stop = watchNavigations(
    guest,
    (address) => seen.push(address),
    (error) => failures.push(error),
  );
  const until = (...expected: string[]) => expect.poll(() => seen, { timeout: 20_000 }).toEqual(expected.map((path) => base + path));
  // It is told from when it is connected on.
  await expect
    .poll(
      async () => {
        await verbs.navigate(`${base}/one?token=secret#part`, never);
        await verbs.navigate(`${base}/two`, never);
        return seen.length;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(0);
  expect(seen.join()).not.toContain("secret");
  seen.length = 0;
  await verbs.navigate(`${base}/three`, never);
  await verbs.newTab(`${base}/four`, never);
  await until("/three", "/four");
  await verbs.reload(never);
  await verbs.navigate(`${base}/five`, never);
  await until("/three", "/four", "/five");

  seen.length = 0;
  await chromium.kill();
  guest.setBrowser({ status: "starting" });
  chromium = await startChromium();
  guest.ready(chromium);
  await expect
    .poll(
      async () => {
        await verbs.navigate(`${base}/again?${Math.random()}`, never);
        await verbs.navigate(`${base}/and-again`, never);
        return seen.length;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(0);
  stop();
  seen.length = 0;
  await verbs.navigate(`${base}/unseen`, never);
  await verbs.navigate(`${base}/unseen-too`, never);
  expect([seen, failures]).toEqual([[], []]);
});

test.each([
  ["https://ada:pw@example.com:8443/a/b?token=1#x", "https://example.com:8443/a/b"],
  ["data:text/html,<p>secret", "data:…"],
  ["about:blank", null],
  ["chrome://newtab/", null],
  ["", null],
])("%s is shown as %s", (address, shown) => expect(shownAddress(address)).toBe(shown));
