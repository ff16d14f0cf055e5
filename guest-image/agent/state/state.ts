import { join } from "node:path";
import type { BrowserState, GuestState } from "../../../src/contract/guest/protocol.ts";
import { RUN_FILES } from "../../../src/contract/guest/run.ts";
import type { Handler } from "../call.ts";
import { log } from "../log.ts";
import { readMarker } from "../marker.ts";
import type { Places } from "../places.ts";
import { guestUser, isRoot } from "../users.ts";
import { watchChromium } from "./chromium.ts";
import { watchFolder } from "./watch.ts";
import { watchWindows } from "./window.ts";

const SMALL = 4096;

/** Follows display, window and browser from now on; the handler of GET /state tells them. */
export const followState = (places: Places): Handler => {
  const file = (name: keyof typeof RUN_FILES) => join(places.run, RUN_FILES[name]);
  const listeners = new Set<() => void>();
  let mode: string | undefined;
  let display = false;
  let open = false;
  let starts = 0;
  let managerStarts = 0;
  let failure: string | null = null;
  let line = "";

  const browser = (): BrowserState => {
    if (mode !== "live" && mode !== "headless") return { status: "none", starts };
    // One that answers is not failed, whatever became of those before it.
    if (chromium.path !== null) return open ? { status: "ready", starts, ws_path: chromium.path } : { status: "starting", starts };
    return failure === null ? { status: "starting", starts } : { status: "failed", starts, reason: failure };
  };
  const publish = () => {
    const state: GuestState = { display, window: windows.mapped, manager_starts: managerStarts, browser: browser() };
    const next = `${JSON.stringify(state)}\n`;
    if (next === line) return;
    line = next;
    for (const listener of listeners) listener();
  };
  const windows = watchWindows(publish);
  const chromium = watchChromium(places.cdpPort, file("log"), () => {
    windows.look();
    publish();
  });

  const count = async (name: "starts" | "managerStarts"): Promise<number | null> => {
    const number = Number((await readMarker(file(name), SMALL))?.text.trim() ?? 0);
    return Number.isSafeInteger(number) && number >= 0 ? number : null;
  };
  const look = async () => {
    // Root's own file, which the guest's user may not be able to read.
    const session = await readMarker(file("session"), 64 * 1024, 0, isRoot ? { ...guestUser(), uid: 0 } : guestUser());
    mode = /^VITRINE_BROWSER='?(\w+)'?$/m.exec(session?.text ?? "")?.[1];
    display = (await readMarker(file("display"), SMALL)) !== null;
    open = (await readMarker(file("ports"), SMALL)) !== null;
    failure = (await readMarker(file("failed"), SMALL))?.text.trim() ?? null;
    starts = (await count("starts")) ?? starts;
    managerStarts = (await count("managerStarts")) ?? managerStarts;
    windows.follow(display);
    chromium.started(starts);
    publish();
  };
  let looking = Promise.resolve();
  const lookAgain = () => {
    looking = looking.then(look).catch((error) => log("the session's state cannot be read", error));
  };

  watchFolder(places.run, (name) => {
    if (name === RUN_FILES.log) chromium.logged();
    else if (name === null || Object.values<string>(RUN_FILES).includes(name)) lookAgain();
  });
  lookAgain();
  chromium.logged();

  return async ({ stream }) => {
    await looking;
    let told = "";
    // A slow reader is told the newest state when it can take it, not each one that was.
    const tell = () => {
      if (told === line || !stream.writable || stream.writableNeedDrain) return;
      told = line;
      stream.write(line);
    };
    stream.respond({ ":status": 200, "content-type": "application/x-ndjson" });
    listeners.add(tell);
    stream.on("drain", tell);
    stream.once("close", () => listeners.delete(tell));
    tell();
  };
};
