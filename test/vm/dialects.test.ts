import { afterAll, beforeAll, expect, test } from "vitest";
import type { ActionInput, Computer, Dialect } from "../../src/client/index.ts";
import { vitrine } from "./shared.ts";

const SENTENCE = "Žluťoučký kůň 漢字 😀";
/** Writes down every input event, and has a place to write in. */
const PAGE = `<!doctype html><meta charset=utf8><title>events</title><body style="margin:0"><textarea id=box style="position:fixed;inset:0"></textarea><script>
log = [];
const mods = (e) => [e.ctrlKey && "ctrl", e.shiftKey && "shift", e.altKey && "alt"].filter(Boolean).join("+");
for (const type of ["mousedown", "mouseup", "click", "dblclick", "auxclick"])
  addEventListener(type, (e) => log.push([type, e.button, e.detail, e.screenX, e.screenY, mods(e)].join(" ").trim()));
addEventListener("contextmenu", (e) => e.preventDefault());
wheeled = 0;
addEventListener("wheel", (e) => { wheeled += e.deltaY; });
for (const type of ["keydown", "keyup"]) addEventListener(type, (e) => log.push([type, e.key, mods(e)].join(" ").trim()));
</script>`;

type Page = ReturnType<ReturnType<Awaited<ReturnType<Computer["connectPlaywright"]>>["contexts"]>[number]["pages"]>[number];
let computer: Computer;
let page: Page;
beforeAll(async () => {
  computer = await vitrine.computers.create();
  page = (await computer.connectPlaywright({ timeout: 120_000 })).contexts()[0]!.pages()[0]!;
  page.setDefaultTimeout(120_000);
  await page.setContent(PAGE);
});
afterAll(async () => {
  await page.context().browser()?.close();
  await computer.delete();
});

const END = "keyup Escape";
const evaluate = <T>(expression: string): Promise<T> => page.evaluate(expression);
/** What the page saw of this: keys and buttons in their order, how far it was scrolled, and what its box then holds, once that is as long as it is to be. */
const seen = async (length: number, scrolled: number, work: () => Promise<unknown>): Promise<{ events: string[]; text: string }> => {
  await evaluate("log.length = 0; wheeled = 0; box.value = ''; box.blur()");
  await work();
  await computer.act([{ type: "key", keys: ["Escape"] }]);
  await expect.poll(() => evaluate("log.at(-1)"), { timeout: 60_000 }).toBe(END);
  await expect.poll(() => evaluate("[box.value.length, wheeled]"), { timeout: 60_000 }).toEqual([length, scrolled]);
  return { events: await evaluate("log"), text: await evaluate("box.value") };
};

/** No two clicks in a row are at one place: how many they are to a page would be a matter of time. */
const click = { type: "click" as const, x: 640, y: 400 };
const common: ActionInput[] = [
  click,
  { type: "type", text: SENTENCE },
  { type: "key", keys: ["ctrl", "a"] },
  { type: "click", x: 320, y: 600, count: 2 },
];
const uses = (...inputs: object[]) => inputs.map((input, i) => ({ type: "tool_use", id: `toolu_${i}`, name: "computer", input }));

test.each<[Dialect, unknown, ActionInput[]]>([
  [
    "openai",
    {
      type: "computer_call",
      id: "cu_1",
      call_id: "call_1",
      status: "completed",
      pending_safety_checks: [],
      actions: [
        { type: "click", button: "left", x: 640, y: 400 },
        { type: "type", text: SENTENCE },
        { type: "keypress", keys: ["CTRL", "A"] },
        { type: "double_click", x: 320, y: 600 },
        { type: "scroll", x: 640, y: 400, scroll_x: 0, scroll_y: 240 },
      ],
    },
    [...common, { type: "scroll", x: 640, y: 400, dy: 240 }],
  ],
  [
    "anthropic",
    uses(
      { action: "left_click", coordinate: [640, 400] },
      { action: "type", text: SENTENCE },
      { action: "key", text: "ctrl+a" },
      { action: "double_click", coordinate: [320, 600] },
      { action: "right_click", coordinate: [100, 200] },
    ),
    [...common, { type: "click", x: 100, y: 200, button: "right" }],
  ],
  [
    "gemini",
    [
      { functionCall: { name: "click_at", args: { x: 500, y: 500 } } },
      { functionCall: { name: "type_text_at", args: { x: 500, y: 625, text: SENTENCE, clear_before_typing: false } } },
      { functionCall: { name: "key_combination", args: { keys: "Control+A" } } },
      { functionCall: { name: "double_click", args: { x: 250, y: 750 } } },
    ],
    [click, { ...click, y: 500 }, ...common.slice(1)],
  ],
  [
    "kernel",
    {
      actions: [
        { type: "click_mouse", click_mouse: { x: 640, y: 400 } },
        { type: "type_text", type_text: { text: SENTENCE } },
        { type: "press_key", press_key: { keys: ["Ctrl+a"] } },
        { type: "click_mouse", click_mouse: { x: 320, y: 600, num_clicks: 2 } },
        { type: "scroll", scroll: { x: 640, y: 400, delta_x: 0, delta_y: 2 } },
      ],
    },
    [...common, { type: "scroll", x: 640, y: 400, dy: 240 }],
  ],
  [
    "xdotool",
    // What follows `type` is all typed.
    { command: `mousemove 640 400 click 1 key ctrl+a mousemove 320 600 click 3 mousemove 640 500 click 1 type "${SENTENCE}"` },
    [
      click,
      { type: "key", keys: ["ctrl", "a"] },
      { type: "click", x: 320, y: 600, button: "right" },
      { ...click, y: 500 },
      { type: "type", text: SENTENCE },
    ],
  ],
])("%s: a page sees what it sees of the same in canonical words, byte for byte", async (dialect, blocks, actions) => {
  const scrolled = actions.reduce((sum, action) => sum + (action.type === "scroll" ? (action.dy ?? 0) : 0), 0);
  const expected = await seen(SENTENCE.length, scrolled, async () => {
    const { results } = await computer.act(actions);
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
  });
  expect(expected.text).toBe(SENTENCE);
  expect(expected.events).toEqual(expect.arrayContaining(["mousedown 0 1 640 400", "keydown a ctrl"]));
  expect(await seen(SENTENCE.length, scrolled, () => computer.act(blocks, { dialect }))).toEqual(expected);
});

test("pasted text arrives byte for byte", async () => {
  const text = `${SENTENCE}\nand a second line`;
  expect((await seen(text.length, 0, () => computer.act([click, { type: "paste", text }]))).text).toBe(text);
});
