import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { RawCdp } from "../../../../src/server/browser/toolset/connection.ts";
import { BrowserToolsets } from "../../../../src/server/browser/toolset/toolsets.ts";
import { startChromium, type TestChromium } from "../../relay/chromium.ts";
import { connect } from "./cdp.ts";
import { use } from "./driver.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let chromium: TestChromium;
let toolsets: BrowserToolsets;
const opened: RawCdp[] = [];
const open = async () => {
  const raw = await connect(`ws://127.0.0.1:${chromium.port}${chromium.wsPath}`);
  opened.push(raw);
  return raw;
};
const signal = () => AbortSignal.timeout(50_000);
const said = async (id: string, name: string, input = {}) => {
  const [result] = await toolsets.run(id, open, [use(name, input)], signal());
  return (result!.content[0] as { text: string }).text;
};
const closed = (raw: RawCdp) =>
  expect
    .poll(() =>
      raw.send("Browser.getVersion", {}, { signal: signal() }).then(
        () => "open",
        () => "closed",
      ),
    )
    .toBe("closed");

beforeAll(async () => {
  chromium = await startChromium();
});
afterAll(() => chromium.kill());
afterEach(() => {
  toolsets.closeAll();
  opened.length = 0;
});

test("a reference that one call gave is good in the next, on the same connection", async () => {
  toolsets = new BrowserToolsets();
  await said("cmp_a", "navigate", { url: "data:text/html,<button>Push</button>" });
  const ref = /\[(ref_\d+)\]/.exec(await said("cmp_a", "find", { query: "push" }))![1]!;
  expect(await said("cmp_a", "left_click", { target: { type: "ref", ref } })).toBe("Clicked.");
  expect(opened).toHaveLength(1);
});

test("calls at the same time share one connection and are done in turn", async () => {
  toolsets = new BrowserToolsets();
  const [first, second] = await Promise.all([
    said("cmp_a", "wait", { duration: 0.05 }),
    said("cmp_a", "javascript_exec", { text: "1 + 1" }),
  ]);
  expect([first, second]).toEqual(["Waited 0.05s.", "2"]);
  expect(opened).toHaveLength(1);
});

test("a connection that broke is replaced with the next call", async () => {
  toolsets = new BrowserToolsets();
  await said("cmp_a", "read_console");
  opened[0]!.close();
  await closed(opened[0]!);
  expect(await said("cmp_a", "javascript_exec", { text: "2 + 2" })).toBe("4");
  expect(opened).toHaveLength(2);
});

test("an idle toolset lets go of the browser, and so does one that is closed", async () => {
  toolsets = new BrowserToolsets(10);
  await said("cmp_a", "read_console");
  await closed(opened[0]!);
  toolsets = new BrowserToolsets();
  await said("cmp_b", "read_console");
  toolsets.close("cmp_b");
  await closed(opened[1]!);
});

test("a browser that cannot be reached is the caller's error, and the next call tries again", async () => {
  toolsets = new BrowserToolsets();
  const refused = () => Promise.reject(new Error("no browser"));
  await expect(toolsets.run("cmp_a", refused, [use("read_console")], signal())).rejects.toThrow("no browser");
  expect(await said("cmp_a", "javascript_exec", { text: "3" })).toBe("3");
});
