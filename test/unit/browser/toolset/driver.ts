import { afterAll, beforeAll, expect, vi } from "vitest";
import type { ToolResult, ToolUse } from "../../../../src/server/actions/dialects/tool-use.ts";
import { connectionOn } from "../../../../src/server/browser/toolset/connection.ts";
import { BrowserToolset } from "../../../../src/server/browser/toolset/toolset.ts";
import { startChromium, type TestChromium } from "../../relay/chromium.ts";
import { connect } from "./cdp.ts";
import { servePages } from "./pages.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

type Block = {
  type: string;
  text?: string;
  source?: { data: string };
  tabs?: { tab_id: string; title: string; url: string; active: boolean }[];
};
export interface Answer extends ToolResult {
  content: Block[];
}

export const use = (name: string, input: Record<string, unknown> = {}, id = "toolu_1"): ToolUse => ({
  type: "tool_use",
  id,
  name,
  toolset_name: "browser",
  input,
});

/** Real Chromium with the toolset on it, and pages to use it on, for the tests of one file. */
export class Driver {
  base = "";
  chromium!: TestChromium;
  toolset!: BrowserToolset;

  constructor() {
    const closing: (() => Promise<unknown>)[] = [];
    beforeAll(async () => {
      const pages = await servePages();
      closing.push(pages.close);
      this.base = `http://127.0.0.1:${pages.port}`;
      this.chromium = await startChromium();
      closing.push(this.chromium.kill);
      const raw = await connect(`ws://127.0.0.1:${this.chromium.port}${this.chromium.wsPath}`);
      closing.push(async () => raw.close());
      this.toolset = await BrowserToolset.open(connectionOn(raw), AbortSignal.timeout(30_000));
      closing.push(async () => this.toolset.close());
    });
    afterAll(async () => {
      for (const close of closing.toReversed()) await close();
    });
  }

  async answer(name: string, input: Record<string, unknown> = {}): Promise<Answer> {
    const [answer] = await this.toolset.run([use(name, input)], AbortSignal.timeout(80_000));
    return answer as Answer;
  }

  /** What the model reads after a member that works. */
  async text(name: string, input: Record<string, unknown> = {}): Promise<string> {
    const { content, is_error } = await this.answer(name, input);
    const said = content
      .map(({ text }) => text ?? "")
      .join("\n")
      .trim();
    expect(is_error, said).toBeUndefined();
    return said;
  }

  /** What the model reads after a member that fails: text and nothing else. */
  async error(name: string, input: Record<string, unknown> = {}): Promise<string> {
    const { content, is_error } = await this.answer(name, input);
    expect(is_error).toBe(true);
    expect(content.every(({ type }) => type === "text")).toBe(true);
    return content.map(({ text }) => text).join("\n");
  }

  goTo(path: string): Promise<string> {
    return this.text("navigate", { url: this.base + path });
  }

  /** A target: the first element that matches. */
  async target(query: string): Promise<{ type: "ref"; ref: string }> {
    const found = /\[(ref_\d+)\]/.exec(await this.text("find", { query }));
    expect(found, query).not.toBeNull();
    return { type: "ref", ref: found![1]! };
  }

  /** A value of the page's. */
  async evaluate(expression: string): Promise<unknown> {
    return JSON.parse(await this.text("javascript_exec", { text: `JSON.stringify(${expression})` }));
  }
}
