import { oneLine } from "../text.ts";
import type { Cdp } from "./cdp.ts";
import { type CdpEvent, recordOf } from "./cdp-session.ts";
import { shownAddress } from "./navigations.ts";

/** What a page's console says; `url` is as shownAddress() gives it, `line` counts from 1. */
export interface ConsoleMessage {
  level: "error" | "warning";
  text: string;
  url?: string;
  line?: number;
}

/** Tabs that are listened to at once. */
const MAX_TABS = 100;
const MAX_TEXT = 500;
/** What all pages may say within WINDOW_MS before nobody listens for QUIET_MS; each message counts once, and once more for each CHARS of its text. */
const MAX_SAID = 1000;
const WINDOW_MS = 10_000;
const CHARS = 1000;
const QUIET_MS = 60_000;
/** Messages after which their objects are given back to the page. */
const RELEASE_EVERY = 100;

interface Session {
  tab: string;
  /** What it says now, it has said before. */
  isDeaf: boolean;
  isDeafToExceptions: boolean;
  kept: number;
}

/** One line of a bounded length, in which addresses are as they may be shown. */
const textOf = (value: unknown): string =>
  oneLine(
    String(value ?? "")
      .slice(0, 4 * MAX_TEXT)
      .replace(/\b(?:https?|wss?|file|data|blob):[^\s"'<>()]+/gi, (url) => shownAddress(url) ?? (url.split(/[?#]/)[0] as string)),
    MAX_TEXT,
  );

const messageOf = (level: unknown, text: unknown, url: unknown, line: unknown): ConsoleMessage | null => {
  if (level !== "error" && level !== "warning") return null;
  const address = typeof url === "string" ? shownAddress(url) : null;
  return {
    level,
    text: textOf(text),
    ...(address !== null && { url: address }),
    ...(Number.isSafeInteger(line) && Number(line) > 0 && { line: Number(line) }),
  };
};

/** The lines of CDP's Log and Runtime count from 0, those of its Console from 1. */
const next = (line: unknown): unknown => (typeof line === "number" ? line + 1 : undefined);

const READERS: Record<string, (params: Record<string, unknown>) => { said: unknown; message: () => ConsoleMessage | null }> = {
  "Console.messageAdded": (params) => {
    const { level, text, url, line } = recordOf(params.message);
    return { said: text, message: () => messageOf(level, text, url, line) };
  },
  "Log.entryAdded": (params) => {
    const { level, text, url, lineNumber } = recordOf(params.entry);
    return { said: text, message: () => messageOf(level, text, url, next(lineNumber)) };
  },
  "Runtime.exceptionThrown": (params) => {
    const { text, exception, url, lineNumber } = recordOf(params.exceptionDetails);
    const { description, value } = recordOf(exception);
    // The stack, in which each address has its query, is the rest.
    const what = typeof description === "string" ? description.slice(0, 4 * MAX_TEXT).split("\n    at ")[0] : value;
    return { said: description, message: () => messageOf("error", what === undefined ? text : `${text} ${what}`, url, next(lineNumber)) };
  },
  // Told by Console already; they come along with exceptions, and bring their objects.
  "Runtime.consoleAPICalled": () => ({ said: undefined, message: () => null }),
};

/**
 * Listens to what the tabs' consoles say, by CDP's domains Console and Log: with them a message is the text that Chromium makes of it in any case. With Runtime, whose exceptions nobody
 * else tells of, Chromium looks into each object that a page logs, which the page can notice (`Error.prepareStackTrace`, getters) and which keeps those objects alive. So exceptions are
 * listened to only while `exceptions` is set: when a client has Runtime on, and there is nothing more to notice. What pages say is bounded; beyond that nobody listens for a while.
 */
export class Consoles {
  readonly #cdp: Cdp;
  readonly #tell: (tab: string, message: ConsoleMessage) => void;
  readonly #tabs = new Set<string>();
  readonly #sessions = new Map<string, Session>();
  #exceptions: boolean;
  #said = 0;
  #since = 0;
  #quiet: NodeJS.Timeout | undefined;

  constructor(cdp: Cdp, exceptions: boolean, tell: (tab: string, message: ConsoleMessage) => void) {
    this.#cdp = cdp;
    this.#exceptions = exceptions;
    this.#tell = tell;
    cdp.onEvent((event) => this.#hear(event));
    void cdp.closed.then(() => clearTimeout(this.#quiet));
  }

  /** From now on, and, of a tab that `isNew`, what it has said before, too. */
  listen(tab: string, isNew: boolean): void {
    if (this.#tabs.has(tab) || this.#tabs.size >= MAX_TABS) return;
    this.#tabs.add(tab);
    if (!this.#quiet) void this.#attach(tab, isNew);
  }

  leave(tab: string): void {
    this.#tabs.delete(tab);
    for (const [id, session] of this.#sessions) if (session.tab === tab) this.#sessions.delete(id);
  }

  set exceptions(on: boolean) {
    if (on === this.#exceptions) return;
    this.#exceptions = on;
    for (const [id, session] of this.#sessions) {
      session.isDeafToExceptions = true;
      const done = () => {
        session.isDeafToExceptions = false;
      };
      this.#cdp.send(on ? "Runtime.enable" : "Runtime.disable", {}, id).then(done, done);
    }
  }

  async #attach(tab: string, isNew: boolean): Promise<void> {
    const send = (method: string, sessionId: string) => this.#cdp.send(method, {}, sessionId);
    try {
      const { sessionId } = await this.#cdp.send("Target.attachToTarget", { targetId: tab, flatten: true });
      if (!this.#tabs.has(tab) || this.#quiet) return void (await this.#cdp.send("Target.detachFromTarget", { sessionId }));
      const session: Session = { tab, isDeaf: !isNew, isDeafToExceptions: false, kept: 0 };
      this.#sessions.set(sessionId, session);
      // Each tells first what the page has said so far, and then answers.
      await Promise.all(
        ["Log.enable", "Console.enable", ...(this.#exceptions ? ["Runtime.enable"] : [])].map((name) => send(name, sessionId)),
      );
      session.isDeaf = false;
    } catch {
      // It is gone, or hangs, and then it says nothing.
    }
  }

  #hear({ method, params, sessionId }: CdpEvent): void {
    const session = sessionId === undefined ? undefined : this.#sessions.get(sessionId);
    const read = Object.hasOwn(READERS, method) ? READERS[method] : undefined;
    if (!session || !read) return;
    const { said, message } = read(params);
    if (this.#isTooMuch(typeof said === "string" ? said.length : 0)) {
      this.#goDeaf(session.tab);
      return;
    }
    const isException = method === "Runtime.exceptionThrown";
    const isRuntime = isException || method === "Runtime.consoleAPICalled";
    if (isRuntime && ++session.kept % RELEASE_EVERY === 0)
      this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup: "console" }, sessionId).catch(() => {});
    if (session.isDeaf || (isException && session.isDeafToExceptions)) return;
    const heard = message();
    if (heard) this.#tell(session.tab, heard);
  }

  #isTooMuch(characters: number): boolean {
    const now = Date.now();
    if (now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#said = 0;
    }
    this.#said += 1 + characters / CHARS;
    return this.#said > MAX_SAID;
  }

  /** Lets Chromium spare itself the telling, too. */
  #goDeaf(tab: string): void {
    for (const sessionId of this.#sessions.keys()) this.#cdp.send("Target.detachFromTarget", { sessionId }).catch(() => {});
    this.#sessions.clear();
    this.#quiet = setTimeout(() => {
      this.#quiet = undefined;
      for (const each of this.#tabs) void this.#attach(each, false);
    }, QUIET_MS).unref();
    this.#tell(tab, { level: "warning", text: `The pages say too much; for ${QUIET_MS / 1000} s nobody listens to their consoles` });
  }
}
