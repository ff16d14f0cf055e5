import { expect, test } from "vitest";
import { VitrineError } from "../../../src/contract/errors.ts";
import { BrowserGone, withBrowser } from "../../../src/server/browser/endpoint.ts";
import { HostGuest } from "../relay/host-guest.ts";

const never = new AbortController().signal;

test("waits for Chromium by event, and tries each new one after one that was gone", async () => {
  const guest = new HostGuest();
  const tried: string[] = [];
  const answer = withBrowser(guest, never, async (path) => {
    tried.push(path);
    if (path.endsWith("b")) return "answer";
    // The next Chromium comes up while this one is found gone.
    guest.setBrowser({ status: "starting" });
    guest.setBrowser({ status: "ready", ws_path: "/devtools/browser/b" });
    throw new BrowserGone("gone");
  });
  guest.setBrowser({ status: "ready", ws_path: "/devtools/browser/a" });
  expect(await answer).toBe("answer");
  expect(tried).toEqual(["/devtools/browser/a", "/devtools/browser/b"]);
});

test("says why when the time is up, and passes other errors on at once", async () => {
  const guest = new HostGuest();
  guest.setBrowser({ status: "ready", ws_path: "/devtools/browser/a" });
  const gone = withBrowser(guest, never, () => Promise.reject(new BrowserGone("connection refused")), 50);
  await expect(gone).rejects.toMatchObject({ code: "browser_unavailable", message: expect.stringContaining("connection refused") });
  const other = withBrowser(guest, never, () => Promise.reject(new VitrineError("target_not_found", { target: "x" })));
  await expect(other).rejects.toMatchObject({ code: "target_not_found" });
});

test("ends with its caller", async () => {
  const abort = new AbortController();
  const waiting = withBrowser(new HostGuest(), abort.signal, async () => 1);
  abort.abort(new Error("the client is gone"));
  await expect(waiting).rejects.toThrow("the client is gone");
});
