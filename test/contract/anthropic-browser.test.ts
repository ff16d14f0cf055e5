import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import type { BetaToolResultBlockParam } from "@anthropic-ai/sdk/resources/beta";
import { beforeEach, expect, test, vi } from "vitest";
import { VitrineBrowserToolset, type VitrineBrowserToolsetOptions } from "../../src/integrations/anthropic/index.ts";
import { adapterWorld } from "../support/adapter-world.ts";
import { runTools, saidBy, type Use } from "../support/scripted-messages.ts";
import { listening, portOf } from "../support/servers.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const PAGE = `<!doctype html><title>Order</title><h1>Order a horse</h1><label>Name <input id=name></label><input type=file aria-label=Picture>
<button onclick="alert('Sure?'); said.textContent = 'Ordered ' + document.getElementById('name').value">Order</button><p id=said></p>`;

const world = adapterWorld({ browser: true });
let url: string;
beforeEach(async () => {
  const pages = await listening(createServer((_, response) => response.setHeader("Content-Type", "text/html").end(PAGE)));
  url = `http://127.0.0.1:${portOf(pages)}/`;
});

/** The results of one use for each turn. */
const inBrowser = async (settings: VitrineBrowserToolsetOptions, ...uses: [name: string, input: object][]) => {
  const computer = await world.vitrine.computers.create();
  const turns = uses.map(([name, input]): Use[] => [[name, input, "browser"]]);
  const { offered, results } = await runTools([new VitrineBrowserToolset(computer, settings)], turns);
  return { offered, results: results.map(([result]) => result!) };
};
const stateOf = ({ content }: BetaToolResultBlockParam) =>
  (
    content as { type: string; tabs?: { tab_id: string; url: string; title: string; active?: boolean }[]; state_changes?: unknown[] }[]
  ).find(({ type }) => type === "browser_state");

test("the browser toolset opens a page, reads it, fills it in, and tells of tabs and dialogs", async () => {
  const { offered, results } = await inBrowser(
    {},
    ["navigate", { url }],
    ["read_page", { filter: "interactive" }],
    ["left_click", { target: { type: "ref", ref: "ref_1" } }],
    ["type", { text: "Šemík" }],
    ["find", { query: "Order" }],
    ["get_page_text", {}],
    ["screenshot", {}],
    ["navigate", { url: "http://127.0.0.1:1/" }],
    ["left_click", { target: { type: "ref", ref: "ref_9999" } }],
  );
  expect(offered).toEqual([{ type: "browser_toolset_20260801" }]);
  const [opened, read, clicked, typed, found, text, picture, unreachable, missed] = results;
  expect(opened!.content).toEqual([
    { type: "text", text: `Navigated to ${url} — Order (HTTP 200)` },
    { type: "browser_state", tabs: [{ tab_id: expect.any(String), url, title: "Order", active: true }] },
  ]);
  expect(saidBy(read!)).toMatch(/textbox "Name" \[ref_1\]/);
  expect(saidBy(clicked!)).toMatch(/^Clicked\./);
  expect(saidBy(typed!)).toMatch(/^Typed\./);
  expect(saidBy(found!)).toContain("Order");
  expect(saidBy(text!)).toContain("Order a horse");
  expect(picture!.content).toMatchObject([{ type: "image", source: { media_type: "image/png" } }, { type: "browser_state" }]);
  expect(unreachable).toMatchObject({ is_error: true });
  expect(missed).toMatchObject({ is_error: true, content: [{ type: "text", text: expect.stringContaining("ref_9999") }] });
});

test("dialogs that were dismissed are told of, and what the page did then is seen", async () => {
  const { results } = await inBrowser(
    {},
    ["navigate", { url }],
    ["find", { query: "Order button" }],
    ["left_click", { target: { type: "coordinate", x: 1, y: 1 } }],
    ["key", { text: "Tab" }],
    ["key", { text: "Tab" }],
    ["key", { text: "Tab" }],
    ["key", { text: "Enter" }],
    ["get_page_text", {}],
  );
  expect(results.map(saidBy).join("\n")).toContain('An alert dialog "Sure?" was dismissed.');
  expect(saidBy(results.at(-1)!)).toContain("Ordered");
});

test("tabs are opened, switched to, listed and closed, and the model knows them", async () => {
  const computer = await world.vitrine.computers.create();
  const toolset = new VitrineBrowserToolset(computer);
  const one = async (name: string, input: object) => (await runTools([toolset], [[[name, input, "browser"]]])).results[0]![0]!;
  const [first] = stateOf(await one("list_tabs", {}))!.tabs!;
  const opened = stateOf(await one("new_tab", {}))!;
  const fresh = opened.tabs!.find(({ active }) => active)!;
  expect(opened.state_changes).toEqual([{ type: "tab_opened", tab_id: fresh.tab_id }]);
  const switched = stateOf(await one("switch_tab", { tab_id: first!.tab_id }))!;
  expect(switched.tabs).toHaveLength(opened.tabs!.length);
  expect(switched.tabs!.find(({ active }) => active)!.tab_id).toBe(first!.tab_id);
  const closed = stateOf(await one("close_tab", { tab_id: fresh.tab_id }))!;
  expect(closed.tabs!.map(({ tab_id }) => tab_id)).not.toContain(fresh.tab_id);
});

test("what the API leaves out is there when it is asked for, of the computer's own files, and policies hold", async () => {
  const file = join(world.dir, "picture.png");
  writeFileSync(file, "picture");
  const { offered, results } = await inBrowser(
    {
      configs: { javascript_exec: { enabled: true }, file_upload: { enabled: true } },
      urlPolicy: (_context, to) => {
        if (to !== url) throw new Error("not there");
      },
      confirm: ({ member }) => member !== "new_tab",
    },
    ["navigate", { url }],
    ["find", { query: "Picture" }],
    ["read_page", {}],
    ["file_upload", { target: { type: "ref", ref: "ref_1" }, paths: [file] }],
    ["javascript_exec", { text: "document.title" }],
    ["navigate", { url: "http://127.0.0.1:2/" }],
    ["new_tab", {}],
  );
  expect(offered[0]).toMatchObject({ configs: { javascript_exec: { enabled: true } } });
  const [, , , uploaded, title, elsewhere, declined] = results;
  expect(saidBy(uploaded!)).toMatch(/^Uploaded\./);
  expect(saidBy(title!)).toContain("Order");
  expect(elsewhere).toMatchObject({ is_error: true, content: [{ text: expect.stringContaining("URL policy") }] });
  expect(declined).toMatchObject({ is_error: true, content: [{ text: expect.stringContaining("did not grant permission") }] });
});
