import type { EventEmitter } from "node:events";
import type { EventType } from "../../contract/events.ts";
import type { ConsoleMessage } from "../browser/console.ts";
import type { Page } from "../browser/navigations.ts";
import type { BrowserNews } from "../browser/watch.ts";
import { coalesce } from "./coalesce.ts";
import type { Emit } from "./timeline.ts";

/** Different ones within a window. */
const MAX_TOLD = 20;

/** Writes down what a computer's browser does. Answers a function that tells what is only counted yet. */
export const tellBrowser = (news: EventEmitter<BrowserNews>, emit: Emit, computerId: string): (() => void) => {
  const counted = <T extends object>(type: EventType, keyOf: (thing: T) => unknown[], rest: object) =>
    coalesce<T>({ emit, computerId, type, most: MAX_TOLD, keyOf, rest });
  const many = "too many to be told one by one";
  const pages = counted<Page>("page.navigated", ({ url }) => [url], { url: null, title: `Further pages, ${many}` });
  const messages = counted<ConsoleMessage>("page.console", ({ level, text, url, line }) => [level, text, url, line], {
    level: "warning",
    text: `Further messages, ${many}`,
  });
  const started = counted<{ name: string }>("download.started", ({ name }) => [name], { name: null });
  const finished = counted<{ name: string; status: string }>("download.finished", ({ name, status }) => [name, status], { name: null });
  news.on("page", pages.tell).on("message", messages.tell).on("downloadStarted", started.tell).on("downloadFinished", finished.tell);
  return () => {
    news.removeAllListeners();
    for (const { close } of [pages, messages, started, finished]) close();
  };
};
