import { writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { tempDir } from "../../../support/temp.ts";
import { Driver, use } from "./driver.ts";

const page = new Driver();
const coordinate = (x: number, y: number) => ({ type: "coordinate", x, y });
const state = (tabs: unknown) => expect.objectContaining({ type: "browser_state", tabs });

test("a form is filled in with form_input, events and all, and sent with a click", async () => {
  await page.goTo("/form");
  const set = async (query: string, value: unknown) => page.text("form_input", { target: await page.target(query), value });
  const name = await page.target("name textbox");
  expect(await page.text("form_input", { target: name, value: "Žofie 漢字 😀" })).toBe(`Set the value of ${name.ref}.`);
  await set("about", "two\nlines");
  await set("newsletter checkbox", true);
  await set("plan a radio", true);
  await set("country", "日本");
  await set("birthday", "2001-02-03");
  await set("note", "a note");
  expect(await page.text("left_click", { target: await page.target("send button") })).toBe("Clicked.");
  expect(await page.evaluate("[document.querySelector('#sent').textContent, born.value, note.textContent]")).toEqual([
    "Žofie 漢字 😀|two\nlines|true|jp",
    "2001-02-03",
    "a note",
  ]);
  expect(await page.evaluate("log")).toEqual(
    expect.arrayContaining(["input:name", "change:name", "click:news", "change:news", "change:country", "click:plan-a", "click:send"]),
  );
});

test("form_input says what is wrong, and changes nothing", async () => {
  await page.goTo("/form");
  const set = async (query: string, value: unknown) => page.error("form_input", { target: await page.target(query), value });
  expect(await set("newsletter", "yes")).toBe("A checkbox or radio button takes true or false.");
  expect(await set("country", "Atlantis")).toBe('It has no such option; it has "Czechia", "日本", "Nowhere".');
  expect(await set("country", "Nowhere")).toBe("This option is disabled.");
  expect(await set("fixed", "x")).toBe("It is read-only.");
  expect(await set("birthday", "soon")).toBe("Its type is date, and this is no value of it.");
  expect(await set("file", "/etc/passwd")).toBe("It takes files; use file_upload.");
  expect(await set("sign up heading", "x")).toBe("It is no form element.");
});

test("text is typed key by key, in any script, and chords do what they do", async () => {
  await page.goTo("/form");
  await page.text("left_click", { target: await page.target("about") });
  expect(await page.text("type", { text: "Žluťoučký kůň\n漢字 😀 (a+b) “q”\tx" })).toBe("Typed.");
  expect(await page.evaluate("about.value")).toBe("Žluťoučký kůň\n漢字 😀 (a+b) “q”");
  await page.text("left_click", { target: await page.target("about") });
  expect(await page.text("key", { text: "ctrl+a Delete" })).toBe("Pressed ctrl+a Delete.");
  expect(await page.evaluate("about.value")).toBe("");
  await page.text("key", { text: "shift+A", repeat: 3 });
  await page.text("hold_key", { text: "b", duration: 0.01 });
  expect(await page.evaluate("about.value")).toBe("AAAb");
  await page.text("key", { text: "Left BackSpace Return" });
  expect(await page.evaluate("about.value")).toBe("AA\nb");
  expect(await page.error("key", { text: "NoSuchKey" })).toBe("There is no key 'NoSuchKey'.");
});

test("clicks of every kind arrive, by reference and by coordinate, with modifiers held", async () => {
  await page.goTo("/form");
  const target = await page.target("send button");
  for (const name of ["right_click", "middle_click", "double_click", "triple_click", "hover"]) await page.text(name, { target });
  await page.text("left_click", { target, modifiers: "shift" });
  const log = (await page.evaluate("log")) as string[];
  expect(log).toEqual(expect.arrayContaining(["contextmenu:send", "auxclick:send", "dblclick:send", "click:send:shift"]));
  expect(log.filter((line) => line === "click:send")).toHaveLength(5);
  const [x, y] = (await page.evaluate("(({ x, y }) => [Math.round(x + 3), Math.round(y + 3)])(send.getBoundingClientRect())")) as [
    number,
    number,
  ];
  await page.text("javascript_exec", { text: "log.length = 0" });
  await page.text("left_click", { target: coordinate(x, y) });
  await page.text("mouse_move", { target: coordinate(x, y) });
  await page.text("left_mouse_down", { target: coordinate(x, y) });
  await page.text("left_mouse_up", { target: coordinate(x, y) });
  expect(await page.evaluate("log")).toEqual(["click:send", "click:send"]);
  expect(await page.error("left_click", { target: coordinate(5000, 1) })).toMatch(/5000,1 lies outside the viewport of \d+x\d+\./);
  expect(await page.error("left_click", { target, modifiers: "shift+a" })).toMatch(/'a' is no modifier/);
});

test("the wheel turns by notches, and a drag is a drag and drop where the page wants one", async () => {
  await page.goTo("/scroll");
  await page.text("scroll", { target: coordinate(100, 100), scroll_direction: "down", scroll_amount: 2 });
  await expect.poll(() => page.evaluate("scrollY"), { timeout: 30_000 }).toBe(240);
  await page.goTo("/drag");
  expect(await page.text("left_click_drag", { from: coordinate(100, 100), target: coordinate(350, 100) })).toBe("Dragged.");
  await expect.poll(() => page.evaluate("document.title"), { timeout: 30_000 }).toBe("dropped");
});

test("navigate tells where it landed, goes through the history, and says why it did not", async () => {
  expect(await page.goTo("/next")).toBe(`Navigated to ${page.base}/next — Next (HTTP 200)`);
  expect(await page.goTo("/nowhere")).toBe(`Navigated to ${page.base}/nowhere — Missing (HTTP 404)`);
  expect(await page.text("navigate", { url: "back" })).toContain(`${page.base}/next — Next`);
  expect(await page.text("navigate", { url: "forward" })).toContain(`${page.base}/nowhere`);
  expect(await page.error("navigate", { url: "FORWARD" })).toBe("There is no page to go forward to.");
  await page.goTo("/list");
  expect(await page.text("navigate", { url: `${page.base}/list#7` })).toContain("/list#7");
  expect(await page.text("navigate", { url: "back" })).toContain(`${page.base}/list — List`);
  expect(await page.text("navigate", { url: "reload" })).toContain("(HTTP 200)");
  expect(await page.error("navigate", { url: "http://127.0.0.1:1/" })).toMatch(/The page did not load: net::ERR_/);
  expect(await page.error("navigate", { url: "javascript:alert(1)" })).toMatch(/use javascript_exec/);
});

test("a click that leads to another page is answered when that page is there", async () => {
  await page.goTo("/links");
  const answer = await page.answer("left_click", { target: await page.target("same tab") });
  expect(answer.content).toEqual([
    { type: "text", text: "Clicked." },
    state([{ tab_id: expect.any(String), title: "Next", url: `${page.base}/next`, active: true }]),
  ]);
});

test("tabs are opened, listed, switched and closed; their results hold the state alone", async () => {
  await page.goTo("/links");
  const listed = await page.answer("list_tabs");
  expect(listed.content).toEqual([state([expect.objectContaining({ title: "Links", active: true })])]);
  const first = listed.content[0]!.tabs![0]!.tab_id;

  const opened = await page.answer("new_tab");
  const second = opened.content[0]!.tabs!.find(({ active }) => active)!.tab_id;
  expect(second).not.toBe(first);
  expect(opened.content).toEqual([{ ...opened.content[0], state_changes: [{ type: "tab_opened", tab_id: second }] }]);
  await page.goTo("/next");
  expect(await page.text("read_page", { tab_id: first })).toMatch(/^document "Links"/);
  expect(await page.text("read_page")).toMatch(/^document "Next"/);

  const switched = await page.answer("switch_tab", { tab_id: first });
  expect(switched.content[0]!.tabs!.find(({ active }) => active)!.tab_id).toBe(first);
  expect(await page.evaluate("document.visibilityState")).toBe("visible");

  const popup = await page.answer("left_click", { target: await page.target("new tab link") });
  const third = popup.content[1]!.tabs!.find(({ active }) => active)!.tab_id;
  expect(popup.content[1]).toMatchObject({ state_changes: [{ type: "tab_opened", tab_id: third }] });
  await expect.poll(() => page.text("read_page"), { timeout: 30_000 }).toMatch(/^document "Next"/);

  for (const tab_id of [third, second]) await page.answer("close_tab", { tab_id });
  expect((await page.answer("list_tabs")).content).toEqual([state([expect.objectContaining({ tab_id: first, active: true })])]);
  expect(await page.error("switch_tab", { tab_id: third })).toBe(`There is no tab ${third}. Call list_tabs to see the tabs.`);
});

test("a dialog is dismissed at once and told of", async () => {
  await page.goTo("/dialogs");
  expect(await page.text("left_click", { target: await page.target("ask") })).toBe(
    'Clicked.\nA confirm dialog "Delete everything?" was dismissed.',
  );
  expect(await page.evaluate("document.title")).toBe("false");
});

test("the console and the network are read since the last time, a line each", async () => {
  await page.goTo("/next");
  await page.text("read_console");
  await page.text("read_network");
  await page.goTo("/noise");
  let log = "";
  await expect.poll(async () => (log += `${await page.text("read_console")}\n`), { timeout: 30_000 }).toMatch(/boom/);
  expect(log).toMatch(/^log: hello 1 Object$/m);
  expect(log).toMatch(/^warn: careful now$/m);
  expect(log).toMatch(/^exception: Error: boom/m);
  expect(await page.text("read_console")).toBe("(empty)");
  let network = "";
  await expect.poll(async () => (network += `${await page.text("read_network")}\n`), { timeout: 30_000 }).toMatch(/missing/);
  expect(network).toMatch(new RegExp(`^GET ${page.base}/noise 200 text/html \\d+ ms$`, "m"));
  expect(network).toMatch(new RegExp(`^GET ${page.base}/missing 404 text/html \\d+ ms$`, "m"));
});

test("javascript_exec answers values in words, and errors and endless loops as failures", async () => {
  await page.goTo("/next");
  const run = (text: string) => page.text("javascript_exec", { text });
  expect(await run("const a = 6; a * 7")).toBe("42");
  expect(await run("await Promise.resolve({ a: [1, 'b'] })")).toBe('{"a":[1,"b"]}');
  expect(await run("undefined")).toBe("undefined");
  expect(await run("null")).toBe("null");
  expect(await run("10n")).toBe("10n");
  expect(await run("window")).toBe("[object Window]");
  expect((await run("'x'.repeat(1e6)")).length).toBe(50_000);
  expect((await run("Array.from({ length: 1e5 }, (_, i) => i)")).length).toBe(50_000);
  expect(await page.error("javascript_exec", { text: "throw new TypeError('no')" })).toMatch(/^The script threw: TypeError: no/);
  expect(await page.error("javascript_exec", { text: "while (true);" })).toBe("The script did not finish within 10 seconds.");
  expect(await run("1 + 1")).toBe("2");
});

test("pictures are the viewport's, and zoom paints a region larger", async () => {
  await page.goTo("/drag");
  const picture = async (name: string, input = {}) => {
    const { content } = await page.answer(name, input);
    expect(content[0]).toMatchObject({ type: "image", source: { type: "base64", media_type: "image/png" } });
    return sharp(Buffer.from(content[0]!.source!.data, "base64"));
  };
  const [width, height] = (await page.evaluate("[innerWidth, innerHeight]")) as [number, number];
  expect(await (await picture("screenshot")).metadata()).toMatchObject({ width, height });
  const zoomed = await picture("zoom", { region: [60, 60, 140, 120] });
  const { data, info } = await zoomed.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(info.width).toBeGreaterThan(400);
  // The corner of the region is the red box's inside.
  expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
  expect(await page.error("zoom", { region: [0, 0, width + 1, 10] })).toMatch(/^region is \[x0, y0, x1, y1\]/);
});

test("files are put into a file input", async () => {
  await page.goTo("/form");
  const path = join(tempDir(), "příloha.txt");
  writeFileSync(path, "ahoj");
  const target = await page.target("file button");
  expect(await page.text("file_upload", { target, paths: [path] })).toBe("Uploaded.");
  expect(await page.evaluate("file.files[0].name")).toBe("příloha.txt");
  expect(await page.error("file_upload", { target })).toBe("Give the paths of the files.");
  expect(await page.error("file_upload", { target, document_ids: ["d"] })).toMatch(/not available here/);
  expect(await page.error("file_upload", { target: await page.target("send"), paths: [path] })).toMatch(/takes no files/);
});

test("after a failure the rest of the call is not executed, in the toolset's words", async () => {
  await page.goTo("/form");
  const blocks = [
    use("wait", { duration: 0.01 }, "a"),
    use("scroll_to", { target: { type: "ref", ref: "ref_0" } }, "b"),
    use("screenshot", {}, "c"),
  ];
  const results = await page.toolset.run(blocks, AbortSignal.timeout(60_000));
  expect(results).toEqual([
    {
      type: "tool_result",
      tool_use_id: "a",
      toolset_name: "browser",
      content: [{ type: "text", text: "Waited 0.01s." }, state(expect.any(Array))],
    },
    {
      type: "tool_result",
      tool_use_id: "b",
      toolset_name: "browser",
      content: [{ type: "text", text: expect.stringMatching(/^ref_0 is not on the page/) }],
      is_error: true,
    },
    {
      type: "tool_result",
      tool_use_id: "c",
      toolset_name: "browser",
      content: [{ type: "text", text: "Not executed: an earlier action in this turn failed." }],
      is_error: true,
    },
  ]);
});

test("a malformed block is refused before anything of its call is done", async () => {
  await page.goTo("/next");
  const refused = (blocks: ReturnType<typeof use>[], words: RegExp) =>
    expect(() => page.toolset.run(blocks, AbortSignal.timeout(60_000))).toThrow(
      expect.objectContaining({ code: "invalid_request", message: expect.stringMatching(words) }),
    );
  const leave = use("navigate", { url: `${page.base}/form` });
  refused([leave, use("fly")], /block 1 is 'fly', which the browser toolset does not have; it has navigate, screenshot/);
  refused([leave, use("toString")], /'toString', which/);
  refused([leave, use("left_click", { target: { type: "ref" } })], /block 1's input\.target\.ref/);
  refused([leave, use("wait", { duration: 31 })], /duration/);
  refused([leave, use("scroll", { target: coordinate(1, 1), scroll_direction: "down", scroll_amount: 11 })], /scroll_amount/);
  refused([leave, use("file_upload", { target: { type: "ref", ref: "ref_1" }, paths: ["etc/passwd"] })], /absolute path/);
  expect(await page.text("read_page")).toMatch(/^document "Next"/);
});

test("a caller that gives up ends its call, and the next one is served", async () => {
  await page.goTo("/next");
  const abort = new AbortController();
  const waiting = page.toolset.run([use("wait", { duration: 30 })], abort.signal);
  abort.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  expect(await page.text("read_page")).toMatch(/^document "Next"/);
});
