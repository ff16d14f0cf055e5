import { expect, test } from "vitest";
import { wantedBy } from "../../../../src/server/doors/browserless/options.ts";

const wanted = (query: Record<string, string>) => wantedBy(new URLSearchParams({ token: "secret", ...query }));
const refusal = (query: Record<string, string>) => {
  try {
    wanted(query);
  } catch (error) {
    return error;
  }
};

test("without options it is a computer as any other, for as long as the client likes", () => {
  const { computer, timeoutMs } = wanted({});
  expect(computer).toMatchObject({ template: "browser", browser: { mode: "live", viewport: { width: 1280, height: 800 } } });
  expect(timeoutMs).toBeNull();
});

const LAUNCH = { headless: true, timeout: 5000, args: ["--window-size=1024,768", "--no-sandbox", "--lang=cs-CZ"], slowMo: 50 };

test.each([
  ["JSON", JSON.stringify(LAUNCH)],
  ["JSON in base64", Buffer.from(JSON.stringify(LAUNCH)).toString("base64")],
])("launch is %s", (_, launch) => {
  const { computer, timeoutMs } = wanted({ launch });
  expect(computer.browser).toMatchObject({ mode: "headless", viewport: { width: 1024, height: 768 }, locale: "cs-CZ" });
  expect(timeoutMs).toBe(5000);
});

test("single parameters and switches go before launch, and launch before computer", () => {
  const computer = { name: "shop", network: { host_ports: [8080] }, browser: { timezone: "Europe/Prague", locale: "de", mode: "live" } };
  const query = {
    computer: JSON.stringify(computer),
    launch: JSON.stringify(LAUNCH),
    headless: "false",
    timeout: "60000",
    "--window-size": "800,600",
  };
  expect(wanted(query)).toMatchObject({
    computer: {
      name: "shop",
      network: { host_ports: [8080] },
      browser: { mode: "live", viewport: { width: 800, height: 600 }, locale: "cs-CZ", timezone: "Europe/Prague" },
    },
    timeoutMs: 60_000,
  });
});

test.each([
  [{ headless: "" }, "headless"],
  [{ headless: "true" }, "headless"],
  [{ headless: "new" }, "headless"],
  [{ headless: "false" }, "live"],
  [{ headless: "0" }, "live"],
])("%o is %s", (query, mode) => {
  expect(wanted(query).computer.browser.mode).toBe(mode);
});

test.each(["0", "-1"])("timeout %s is none", (timeout) => {
  expect(wanted({ timeout }).timeoutMs).toBeNull();
});

test("a proxy, a user agent and a tracking id have their places", () => {
  const { computer } = wanted({
    externalProxyServer: "http://ann:p%40ss@proxy.example:3128",
    "--user-agent": "Robot/1 (a=b)",
    trackingId: "order-7",
  });
  expect(computer.browser.proxy).toEqual({ server: "http://proxy.example:3128", username: "ann", password: "p@ss" });
  expect(computer.browser.user_agent).toBe("Robot/1 (a=b)");
  expect(computer.metadata).toEqual({ tracking_id: "order-7" });
  const proxy = (externalProxyServer: string) => wanted({ externalProxyServer }).computer.browser.proxy;
  expect(proxy("http://50%:off@proxy.example:80")).toEqual({ server: "http://proxy.example:80", username: "50%", password: "off" });
  expect(proxy("socks5://proxy.example")).toEqual({ server: "socks5://proxy.example:1080" });
  expect(wanted({ "--proxy-server": "proxy.example:3128" }).computer.browser.proxy).toEqual({ server: "http://proxy.example:3128" });
});

test("what is not here is refused by its name, unless it is said no to", () => {
  expect(wanted({ stealth: "false", launch: '{"blockAds":false,"userDataDir":null}' }).timeoutMs).toBeNull();
  expect(refusal({ stealth: "true" })).toMatchObject({ code: "unsupported_option", details: { option: "stealth" } });
  expect(refusal({ launch: '{"userDataDir":"/data"}' })).toMatchObject({ code: "unsupported_option", details: { option: "userDataDir" } });
});

test.each([
  [{ launch: "nonsense" }, "invalid_request", "launch"],
  [{ launch: "[1]" }, "invalid_request", "launch"],
  [{ computer: '{"colour":"red"}' }, "invalid_request", "colour"],
  [{ timeout: "soon" }, "invalid_request", "timeout"],
  [{ "--window-size": "wide" }, "invalid_request", "viewport"],
  [{ computer: '{"template":"scratch"}' }, "no_browser", "browser"],
])("%o is refused with %s", (query, code, part) => {
  expect(refusal(query as Record<string, string>)).toMatchObject({ code, message: expect.stringContaining(part) });
});
