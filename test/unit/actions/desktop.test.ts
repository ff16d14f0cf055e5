import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ActionInput, ActionsAnswer } from "../../../src/contract/actions.ts";
import { takePicture } from "../../../src/server/display/picture.ts";
import { settled } from "../../../src/server/display/settled.ts";
import { type Desktop, startDesktopWithChromium } from "./desktop.ts";
import { run } from "./fake-display.ts";

// A machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const SENTENCE = "Žluťoučký kůň 漢字 😀 𝒳 العربية";
/** A page that writes down every input event, and holds a place to write in. */
const PAGE = `<!doctype html><meta charset=utf8><title>events</title>
<style>body { margin: 0; width: 9000px; height: 9000px } #box { position: fixed; left: 600px; top: 20px; width: 380px; height: 300px }
#from { position: fixed; left: 40px; top: 400px; width: 80px; height: 80px; background: #36c } #to { position: fixed; left: 400px; top: 400px; width: 120px; height: 120px; background: #ccc }</style>
<textarea id=box></textarea><div id=from draggable=true></div><div id=to></div>
<script>
  log = [];
  const mods = (e) => [e.ctrlKey && "ctrl", e.shiftKey && "shift", e.altKey && "alt", e.metaKey && "meta"].filter(Boolean).join("+");
  for (const type of ["mousedown", "mouseup", "click", "dblclick", "auxclick", "contextmenu"])
    addEventListener(type, (e) => { if (type === "contextmenu") e.preventDefault(); log.push([type, e.button, e.detail, e.screenX, e.screenY, mods(e)].join(" ").trim()) });
  addEventListener("pointermove", (e) => log.push(["move", e.screenX, e.screenY, e.buttons].join(" ")));
  addEventListener("wheel", (e) => log.push(["wheel", e.deltaX, e.deltaY, mods(e)].join(" ").trim()), { passive: true });
  for (const type of ["keydown", "keyup"]) addEventListener(type, (e) => log.push([type, e.key === " " ? "Space" : e.key, e.code, mods(e)].join(" ").trim()));
  for (const type of ["paste", "copy"]) addEventListener(type, (e) => log.push(type));
  from.addEventListener("dragstart", (e) => e.dataTransfer.setData("text/plain", "dragged"));
  to.addEventListener("dragover", (e) => e.preventDefault());
  to.addEventListener("drop", (e) => { e.preventDefault(); to.textContent = e.dataTransfer.getData("text/plain") });
</script>`;

let desktop: Desktop;
let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.end(request.url === "/events" ? PAGE : `<title>${request.url}</title>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  desktop = await startDesktopWithChromium(`${url}/events`);
});
afterAll(async () => {
  await desktop?.end();
  server.closeAllConnections();
  server.close();
});

const act = async (...actions: ActionInput[]): Promise<ActionsAnswer> => {
  const { display, browser } = desktop;
  const answer = await run(display, actions, { browser, settled, takePicture, signal: AbortSignal.timeout(50_000) });
  expect(answer.results.filter(({ ok }) => !ok)).toEqual([]);
  return answer;
};
const value = (): Promise<string> => desktop.page.evaluate("box.value");
/** Events since the last call, when as many as are waited for have come. */
const events = async (last: RegExp): Promise<string[]> => {
  await expect.poll(async () => desktop.page.evaluate<string[]>("log"), { timeout: 10_000 }).toContainEqual(expect.stringMatching(last));
  return desktop.page.evaluate<string[]>("log.splice(0)");
};
const withoutMoves = (log: string[]): string[] => log.filter((one) => !one.startsWith("move"));
/** Puts the focus into the empty box, and forgets how. */
const intoBox = async (): Promise<void> => {
  await act({ type: "click", x: 700, y: 250 });
  await events(/^click/);
  await desktop.page.evaluate("box.value = ''");
};

beforeEach(async () => {
  const { page } = desktop;
  await page.bringToFront();
  await page.goto(`${url}/events`);
  // Chromium drops input before a page's first frame.
  await page.evaluate("new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))");
  await act({ type: "move", x: 300, y: 300 }, { type: "move", x: 301, y: 301 });
  await events(/^move 301 301/);
});

describe("pointer", () => {
  test("a move arrives at its pixel", async () => {
    await act({ type: "move", x: 123, y: 456 });
    expect(await events(/^move/)).toEqual(["move 123 456 0"]);
    expect((await act({ type: "cursor_position" })).results[0]).toMatchObject({ x: 123, y: 456 });
  });

  test.each([
    ["left", ["mousedown 0 1 300 301", "mouseup 0 1 300 301", "click 0 1 300 301"]],
    ["middle", ["mousedown 1 1 300 301", "mouseup 1 1 300 301", "auxclick 1 1 300 301"]],
    ["right", ["mousedown 2 1 300 301", "contextmenu 2 0 300 301", "mouseup 2 1 300 301", "auxclick 2 1 300 301"]],
  ] as const)("a click with the %s button", async (button, expected) => {
    await act({ type: "click", x: 300, y: 301, button });
    // The middle button pastes, too, where X programs do.
    expect(withoutMoves(await events(/^(click|auxclick)/)).filter((one) => one !== "paste")).toEqual(expected);
  });

  test("the buttons back and forward go back and forward", async () => {
    await desktop.page.goto(`${url}/second`);
    await act({ type: "click", x: 300, y: 300, button: "back" });
    await expect.poll(() => desktop.page.url()).toBe(`${url}/events`);
    await act({ type: "click", x: 300, y: 300, button: "forward" });
    await expect.poll(() => desktop.page.url()).toBe(`${url}/second`);
  });

  test.each([1, 2, 3] as const)("%d clicks are counted by the page", async (count) => {
    await act({ type: "click", x: 300, y: 300 + 50 * count, count });
    const clicks = (await events(new RegExp(`^click 0 ${count}`))).filter((one) => /^(click|dblclick)/.test(one));
    expect(clicks.filter((one) => one.startsWith("click"))).toEqual(
      Array.from({ length: count }, (_, i) => `click 0 ${i + 1} 300 ${300 + 50 * count}`),
    );
    expect(clicks.some((one) => one.startsWith("dblclick"))).toBe(count > 1);
  });

  test("keys are held around a click", async () => {
    await act({ type: "click", x: 300, y: 300, keys: ["CTRL", "shift"] });
    const log = withoutMoves(await events(/^keyup Control/));
    expect(log).toEqual([
      "keydown Control ControlLeft ctrl",
      "keydown Shift ShiftLeft ctrl+shift",
      "mousedown 0 1 300 300 ctrl+shift",
      "mouseup 0 1 300 300 ctrl+shift",
      "click 0 1 300 300 ctrl+shift",
      "keyup Shift ShiftLeft ctrl",
      "keyup Control ControlLeft",
    ]);
  });

  test("a button goes down and up where it is told, also in another batch", async () => {
    await act({ type: "mouse_down", x: 200, y: 300 });
    await act({ type: "move", x: 250, y: 320 });
    await expect.poll(() => desktop.page.evaluate<string[]>("log")).toContain("move 250 320 1");
    await act({ type: "mouse_up", x: 260, y: 330 });
    const log = await events(/^mouseup/);
    expect(log).toContain("mousedown 0 1 200 300");
    expect(log).toContain("mouseup 0 1 260 330");
  });

  test("a drag goes along its path, and the page sees moves between its points", async () => {
    await act({
      type: "drag",
      path: [
        [100, 200],
        [300, 200],
        [300, 350],
      ],
    });
    const log = await events(/^mouseup/);
    expect(log).toContain("mousedown 0 1 100 200");
    expect(log.find((one) => one.startsWith("mouseup"))).toBe("mouseup 0 1 300 350");
    expect(log.filter((one) => /^move [12]\d\d 200 1/.test(one)).length).toBeGreaterThan(0);
    expect(log.filter((one) => /^move 300 [23]\d\d 1/.test(one)).length).toBeGreaterThan(0);
  });

  test("a drag drops what the page lets be dragged", async () => {
    const at = (selector: string) =>
      desktop.page.evaluate<[number, number]>(
        `(() => { const box = document.querySelector("${selector}").getBoundingClientRect(); const top = outerHeight - innerHeight; return [box.x + box.width / 2, box.y + box.height / 2 + top] })()`,
      );
    const path = [await at("#from"), await at("#to")];
    // On a busy host Chromium may see that something is dragged only when it has been let go.
    const dropped = async () => {
      await act({ type: "drag", path, duration_ms: 1000 });
      return desktop.page.textContent("#to");
    };
    await expect.poll(dropped, { timeout: 60_000, interval: 500 }).toBe("dragged");
  });
});

describe("scroll", () => {
  const place = () => desktop.page.evaluate<[number, number]>("[scrollX, scrollY]");
  test("pixels arrive as the nearest number of notches, both axes", async () => {
    const scrolled = () => expect.poll(place, { timeout: 10_000 });
    await act({ type: "scroll", x: 300, y: 300, dx: 0, dy: 600 });
    await scrolled().toEqual([0, 600]);
    await act({ type: "scroll", dx: 360, dy: -240 });
    await scrolled().toEqual([360, 360]);
    await act({ type: "scroll", dx: -10_000, dy: -10_000 }, { type: "scroll", dx: 0, dy: 6000 });
    await scrolled().toEqual([0, 6000]);
  });

  test("keys are held around it", async () => {
    await act({ type: "scroll", x: 300, y: 300, dy: 240, keys: ["shift"] });
    const log = await events(/^keyup Shift/);
    expect(log.filter((one) => one.startsWith("wheel")).every((one) => one.endsWith("shift"))).toBe(true);
    await expect.poll(place, { timeout: 10_000 }).toEqual([240, 0]);
  });
});

describe("keyboard", () => {
  test("a text arrives as it was given, with the events of a keyboard", async () => {
    await intoBox();
    const text = "The quick (brown) fox!\n\t~`{}[]|\\:;\"'<>,.?/@#$%^&*_-+= end";
    // A tab leaves the box.
    await act({ type: "type", text: text.replace("\t", "") });
    await expect.poll(value).toBe(text.replace("\t", ""));
    const log = await events(/^keyup d/);
    expect(log.slice(0, 4)).toEqual([
      "keydown Shift ShiftLeft shift",
      "keydown T KeyT shift",
      "keyup T KeyT shift",
      "keyup Shift ShiftLeft",
    ]);
    expect(log).toContain("keydown Enter Enter");
    expect(log.some((one) => one.includes("CapsLock"))).toBe(false);
  });

  test("twenty sentences in many scripts arrive whole, with their newlines", async () => {
    await intoBox();
    const text = `${SENTENCE}\nplain between\n`.repeat(20);
    await act({ type: "type", text });
    await expect.poll(value, { timeout: 20_000 }).toBe(text);
  });

  test("hundreds of characters that no keyboard has arrive whole", async () => {
    await intoBox();
    const text = Array.from({ length: 600 }, (_, i) => String.fromCodePoint(0x4e00 + 7 * i)).join("");
    await act({ type: "type", text });
    await expect.poll(value).toBe(text);
  });

  test("a text that a page reads by itself while it is pasted arrives whole", async () => {
    await intoBox();
    await desktop.page.evaluate(`box.addEventListener("paste", (e) => {
      e.preventDefault();
      const end = performance.now() + 30;
      while (performance.now() < end);
      box.value += e.clipboardData.getData("text/plain") + e.clipboardData.getData("text/plain").length + ";";
    })`);
    await act({ type: "type", text: "ž1\nž22\nž333" });
    await expect.poll(value).toMatch(/ž3334;/);
    expect((await value()).replaceAll("\n", "")).toBe("ž12;ž223;ž3334;");
  });

  test("a long text arrives whole", async () => {
    await intoBox();
    const text = "0123456789 ž\n".repeat(20_000);
    await act({ type: "type", text });
    await expect.poll(async () => (await value()).length, { timeout: 20_000 }).toBe(text.length);
    expect(await value()).toBe(text);
  });

  test("combinations in X's, Playwright's and OpenAI's words", async () => {
    await act(
      { type: "key", keys: ["ctrl+shift+z"] },
      { type: "key", keys: ["Alt", "ArrowDown"] },
      { type: "key", keys: ["SHIFT", "TAB"] },
    );
    expect(await events(/^keyup Shift ShiftLeft$/)).toEqual([
      "keydown Control ControlLeft ctrl",
      "keydown Shift ShiftLeft ctrl+shift",
      "keydown Z KeyZ ctrl+shift",
      "keyup Z KeyZ ctrl+shift",
      "keyup Shift ShiftLeft ctrl",
      "keyup Control ControlLeft",
      "keydown Alt AltLeft alt",
      "keydown ArrowDown ArrowDown alt",
      "keyup ArrowDown ArrowDown alt",
      "keyup Alt AltLeft",
      "keydown Shift ShiftLeft shift",
      "keydown Tab Tab shift",
      "keyup Tab Tab shift",
      "keyup Shift ShiftLeft",
    ]);
  });

  test("a key is repeated, held, put down and let go", async () => {
    await act({ type: "key", keys: ["b"], repeat: 3 }, { type: "hold_key", keys: ["F9"], duration_ms: 50 });
    expect(await events(/^keyup F9/)).toEqual([
      ...Array(3).fill(["keydown b KeyB", "keyup b KeyB"]).flat(),
      "keydown F9 F9",
      "keyup F9 F9",
    ]);
    await act({ type: "key_down", key: "shift" });
    await act({ type: "key", keys: ["x"] });
    await act({ type: "key_up", key: "Shift_L" });
    expect(await events(/^keyup Shift/)).toEqual([
      "keydown Shift ShiftLeft shift",
      "keydown X KeyX shift",
      "keyup X KeyX shift",
      "keyup Shift ShiftLeft",
    ]);
  });
});

/** Every name of a key makes the event that is expected of it, so that none is lost on the way. */
test.each([
  ["BackSpace", "Backspace"],
  ["DELETE", "Delete"],
  ["Insert", "Insert"],
  ["Home", "Home"],
  ["end", "End"],
  ["Page_Up", "PageUp"],
  ["PAGEDOWN", "PageDown"],
  ["Up", "ArrowUp"],
  ["Right", "ArrowRight"],
  ["F2", "F2"],
  ["Pause", "Pause"],
  ["Scroll_Lock", "ScrollLock"],
  ["Print", "PrintScreen"],
  ["KP_Add", "NumpadAdd"],
  ["KP_Enter", "NumpadEnter"],
  ["Numpad7", "Numpad7"],
  ["SPACE", "Space"],
  ["minus", "Minus"],
  ["ControlRight", "ControlRight"],
  ["CMD", "MetaLeft"],
  ["AltGr", "AltGraph"],
])("the key %s is the page's %s", async (name, code) => {
  await act({ type: "key", keys: [name] });
  expect(await events(new RegExp(`^keyup \\S* ?${code}`))).toContainEqual(expect.stringMatching(new RegExp(`^keydown .*${code}`)));
});

describe("clipboard", () => {
  test("what is pasted arrives whole, newlines included", async () => {
    await intoBox();
    await act({ type: "paste", text: `${SENTENCE}\n\n${SENTENCE}` });
    await expect.poll(value).toBe(`${SENTENCE}\n\n${SENTENCE}`);
    expect(await events(/^keyup Control/)).toContain("paste");
  });

  test("what a page copies is told, and what is set is pasted", async () => {
    await intoBox();
    await act({ type: "paste", text: "copy me: 漢字" });
    const { results } = await act({ type: "key", keys: ["ctrl", "a"] }, { type: "key", keys: ["ctrl", "c"] }, { type: "clipboard_get" });
    expect(results[2]).toMatchObject({ text: "copy me: 漢字" });
    await act({ type: "clipboard_set", text: "set: ž" }, { type: "key", keys: ["ctrl", "v"] });
    await expect.poll(value).toBe("set: ž");
    expect((await act({ type: "clipboard_get" })).results[0]).toMatchObject({ text: "set: ž" });
  });
});

test("browser verbs and pictures among actions", async () => {
  const { results } = await act(
    { type: "navigate", url: `${url}/one` },
    { type: "back" },
    { type: "forward" },
    { type: "new_tab", url: `${url}/two` },
    { type: "tabs" },
    { type: "screenshot", format: "jpeg", scale: 0.5 },
    { type: "zoom", region: { x: 0, y: 0, width: 100, height: 50 } },
  );
  expect(results.slice(0, 3).map((result) => result.url)).toEqual([`${url}/one`, `${url}/events`, `${url}/one`]);
  const tabs = results[4]?.tabs ?? [];
  expect(tabs.map(({ title, active }) => [title, active]).sort()).toEqual([
    ["/one", false],
    ["/two", true],
  ]);
  expect(results[5]?.screenshot).toMatchObject({ media_type: "image/jpeg", width: 512, height: 384 });
  expect(results[6]?.screenshot).toMatchObject({ media_type: "image/png", width: 100, height: 50 });
  const two = tabs.find(({ title }) => title === "/two")!;
  const one = tabs.find(({ title }) => title === "/one")!;
  const after = await act({ type: "switch_tab", tab_id: one.tab_id }, { type: "close_tab", tab_id: two.tab_id });
  expect(after.results[0]?.tabs?.find(({ active }) => active)?.tab_id).toBe(one.tab_id);
  expect(after.results[1]?.tabs).toMatchObject([{ tab_id: one.tab_id, active: true }]);
});
