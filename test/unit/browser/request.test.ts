import { expect, test } from "vitest";
import type { BrowserGuest } from "../../../src/server/browser/endpoint.ts";
import { askBrowser } from "../../../src/server/browser/request.ts";

// A rejection that nobody handles would end the service, and fails this run.
test("a browser that is not reached in time fails its caller, and nothing else", async () => {
  const guest: Pick<BrowserGuest, "connect"> = {
    connect: (_port, signal) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => setImmediate(() => reject(signal.reason as Error)))),
  };
  const abort = new AbortController();
  const asked = askBrowser(guest as BrowserGuest, { method: "GET", path: "/json/list" }, abort.signal);
  const refused = expect(asked).rejects.toThrow("enough");
  abort.abort(new Error("enough"));
  await refused;
});
