import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BrowserNews } from "../../../src/server/browser/watch.ts";
import { tellBrowser } from "../../../src/server/timeline/browser.ts";
import type { NewEvent } from "../../../src/server/timeline/timeline.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const open = () => {
  const news = new EventEmitter<BrowserNews>();
  const events: NewEvent[] = [];
  const close = tellBrowser(news, (event) => events.push(event), "cmp_a");
  return { news, close, told: () => events.splice(0).map(({ type, computer_id, data }) => ({ type, computer_id, ...data })) };
};
const url = "https://a.example/";

test("what the browser does is told at once; the same again within a while as a number, and so is what is left when the watch ends", () => {
  const { news, close, told } = open();
  const error = { level: "error", text: "no", url, line: 3 } as const;
  const of = { computer_id: "cmp_a" };
  news.emit("page", { url, title: "A" });
  for (let n = 0; n < 4; n++) news.emit("message", error);
  news.emit("message", { level: "warning", text: "no" });
  news.emit("downloadStarted", { name: "a.txt", url });
  news.emit("downloadFinished", { name: "a.txt", url, size_bytes: 5, status: "completed" });
  expect(told()).toEqual([
    { type: "page.navigated", ...of, url, title: "A" },
    { type: "page.console", ...of, ...error },
    { type: "page.console", ...of, level: "warning", text: "no" },
    { type: "download.started", ...of, name: "a.txt", url },
    { type: "download.finished", ...of, name: "a.txt", url, size_bytes: 5, status: "completed" },
  ]);
  vi.advanceTimersByTime(10_000);
  expect(told()).toEqual([{ type: "page.console", ...of, ...error, count: 3 }]);
  news.emit("page", { url });
  news.emit("page", { url });
  close();
  expect(told()).toEqual([
    { type: "page.navigated", ...of, url },
    { type: "page.navigated", ...of, url },
  ]);
});

test("a page that goes from page to page, or logs, ten thousand times costs the store a few events", () => {
  const { news, told } = open();
  for (let n = 0; n < 10_000; n++) {
    news.emit("page", { url: url + n });
    news.emit("message", { level: "error", text: String(n) });
  }
  expect(told()).toHaveLength(40);
  vi.advanceTimersByTime(10_000);
  expect(told()).toMatchObject([
    { type: "page.navigated", url: null, count: 9980 },
    { type: "page.console", level: "warning", count: 9980 },
  ]);
});
