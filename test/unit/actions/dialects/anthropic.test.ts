import { expect, test } from "vitest";
import { browserUses } from "../../../../src/server/actions/dialects/tool-use.ts";
import { actionsOf, done, expectRefused, failing, IMAGE, PICTURE, read, SCREEN, written } from "./outcomes.ts";

const use = (input: object, id = "toolu_01") => ({ type: "tool_use", id, name: "computer", input });
const member = (name: string, input: object = {}, id = "toolu_01") => ({
  type: "tool_use",
  id,
  name,
  toolset_name: "computer",
  caller: { type: "direct" },
  input,
});
const text = (said: string) => ({ type: "text", text: said });

const CALLS: [string, object, object[], string | null][] = [
  ["key", { text: "ctrl+shift+t" }, [{ type: "key", keys: ["ctrl", "shift", "t"] }], "Pressed ctrl+shift+t."],
  ["key", { text: "ctrl++" }, [{ type: "key", keys: ["ctrl", "+"] }], "Pressed ctrl++."],
  [
    "key",
    { text: "Tab Return" },
    [
      { type: "key", keys: ["Tab"] },
      { type: "key", keys: ["Return"] },
    ],
    "Pressed Tab Return.",
  ],
  ["key", { text: "Down", repeat: 3 }, [{ type: "key", keys: ["Down"], repeat: 3 }], "Pressed Down."],
  [
    "hold_key",
    { text: "shift+a", duration: 1.5 },
    [{ type: "hold_key", keys: ["shift", "a"], duration_ms: 1500 }],
    "Held shift+a for 1.5s.",
  ],
  ["type", { text: "漢字 😀\n" }, [{ type: "type", text: "漢字 😀\n" }], "Typed."],
  ["mouse_move", { coordinate: [0, 799] }, [{ type: "move", x: 0, y: 799 }], "Moved the mouse."],
  ["left_mouse_down", {}, [{ type: "mouse_down" }], "Left mouse button pressed."],
  ["left_mouse_up", {}, [{ type: "mouse_up" }], "Left mouse button released."],
  ["left_click", { coordinate: [100, 200] }, [{ type: "click", x: 100, y: 200, button: "left", count: 1 }], "Clicked."],
  ["left_click", {}, [{ type: "click", button: "left", count: 1 }], "Clicked."],
  [
    "left_click",
    { coordinate: [1, 2], text: "ctrl+shift" },
    [{ type: "click", x: 1, y: 2, button: "left", count: 1, keys: ["ctrl", "shift"] }],
    "Clicked.",
  ],
  ["right_click", { coordinate: [1, 2] }, [{ type: "click", x: 1, y: 2, button: "right", count: 1 }], "Right-clicked."],
  ["middle_click", { coordinate: [1, 2] }, [{ type: "click", x: 1, y: 2, button: "middle", count: 1 }], "Middle-clicked."],
  ["double_click", { coordinate: [1, 2] }, [{ type: "click", x: 1, y: 2, button: "left", count: 2 }], "Double-clicked."],
  ["triple_click", { coordinate: [1, 2] }, [{ type: "click", x: 1, y: 2, button: "left", count: 3 }], "Triple-clicked."],
  [
    "left_click_drag",
    { start_coordinate: [10, 20], coordinate: [30, 40], text: "shift" },
    [
      {
        type: "drag",
        path: [
          [10, 20],
          [30, 40],
        ],
        keys: ["shift"],
      },
    ],
    "Dragged.",
  ],
  [
    "left_click_drag",
    { coordinate: [30, 40] },
    [{ type: "mouse_down" }, { type: "move", x: 30, y: 40 }, { type: "mouse_up", x: 30, y: 40 }],
    "Dragged.",
  ],
  [
    "scroll",
    { coordinate: [5, 6], scroll_direction: "down", scroll_amount: 3 },
    [{ type: "scroll", x: 5, y: 6, dx: 0, dy: 360 }],
    "Scrolled down.",
  ],
  [
    "scroll",
    { scroll_direction: "left", scroll_amount: 2, text: "shift" },
    [{ type: "scroll", dx: -240, dy: 0, keys: ["shift"] }],
    "Scrolled left.",
  ],
  ["wait", { duration: 2 }, [{ type: "wait", ms: 2000 }], "Waited 2s."],
  ["screenshot", {}, [{ type: "screenshot" }], null],
  ["zoom", { region: [100, 100, 400, 300] }, [{ type: "zoom", region: { x: 100, y: 100, width: 300, height: 200 } }], null],
];

test.each(CALLS)("%s %j of the toolset: canonical actions, and the words of Anthropic's SDK back", (name, input, actions, said) => {
  const made = read("anthropic", member(name, input));
  expect(made.actions).toEqual(actions);
  expect(made.screenshot).toBe("none");
  expect(written(made)).toEqual({
    type: "tool_result",
    tool_use_id: "toolu_01",
    toolset_name: "computer",
    content: said === null ? [IMAGE] : [text(said)],
  });
});

test.each(CALLS)("%s %j of the older tools: the same, and the screen after it", (name, input, actions, said) => {
  const made = read("anthropic", use({ action: name, ...input }));
  expect(made.actions).toEqual(actions);
  expect(written(made)).toEqual({
    type: "tool_result",
    tool_use_id: "toolu_01",
    content: said === null ? [IMAGE] : [text(said), IMAGE],
  });
});

test("the caller says otherwise about the picture after", () => {
  expect(read("anthropic", { ...use({ action: "left_click" }), screenshot: "none" }).screenshot).toBe("none");
  const made = read("anthropic", { ...member("left_click"), screenshot: "after" });
  expect(written(made)).toMatchObject({ content: [text("Clicked."), IMAGE] });
});

test("the cursor's position is told in the model's pixels", () => {
  const cursor = (body: object) => {
    const made = read("anthropic", body);
    return made.write({ results: done(made, [{ x: 640, y: 400 }]), screen: SCREEN });
  };
  expect(cursor(member("cursor_position"))).toMatchObject({ content: [text("X=640,Y=400")] });
  const told = { ...member("cursor_position"), display_width_px: 640, display_height_px: 400 };
  expect(cursor(told)).toMatchObject({ content: [text("X=320,Y=200")] });
});

test("pictures are scaled to the size that the model was told, and its coordinates to the screen", () => {
  const told = { display_width_px: 1024, display_height_px: 640 };
  const click = (x: number, y: number) => actionsOf("anthropic", { ...member("left_click", { coordinate: [x, y] }), ...told });
  expect(click(512, 320)).toMatchObject([{ x: 640, y: 400 }]);
  expect(click(0, 0)).toMatchObject([{ x: 0, y: 0 }]);
  expect(click(1023, 639)).toMatchObject([{ x: 1279, y: 799 }]);
  expect(() => click(1024, 0)).toThrow(/1024,0 lies outside the 1024x640 screen: x is 0 to 1023, y is 0 to 639/);
  const screenshot = read("anthropic", { ...use({ action: "screenshot" }), ...told });
  expect(screenshot.actions).toEqual([{ type: "screenshot", scale: 0.8 }]);
  const after = read("anthropic", { ...use({ action: "left_click" }), ...told });
  expect(after).toMatchObject({ actions: [{ type: "click" }, { type: "screenshot", scale: 0.8 }], screenshot: "none" });
  expect(written(after)).toMatchObject({ content: [text("Clicked."), IMAGE] });
  const zoom = actionsOf("anthropic", { ...use({ action: "zoom", region: [0, 0, 1024, 640] }), ...told });
  expect(zoom).toEqual([{ type: "zoom", region: { x: 0, y: 0, width: 1280, height: 800 } }]);
});

test("on a small screen a large display is clamped at the edge", () => {
  const screen = { width: 320, height: 200 };
  const told = { display_width_px: 1280, display_height_px: 800 };
  expect(actionsOf("anthropic", { ...member("mouse_move", { coordinate: [1279, 799] }), ...told }, screen)).toEqual([
    { type: "move", x: 319, y: 199 },
  ]);
});

test("several blocks are one batch, and the last has the picture", () => {
  const blocks = [use({ action: "left_click", coordinate: [1, 2] }, "a"), use({ action: "type", text: "x" }, "b")];
  const made = read("anthropic", { actions: blocks });
  expect(written(made)).toEqual([
    { type: "tool_result", tool_use_id: "a", content: [text("Clicked.")] },
    { type: "tool_result", tool_use_id: "b", content: [text("Typed."), IMAGE] },
  ]);
});

test("a message's content is taken as it is; text, thinking and other tools' blocks are passed over", () => {
  const content = [
    { type: "thinking", thinking: "hm", signature: "s" },
    { type: "text", text: "I will click." },
    member("left_click", { coordinate: [1, 2] }, "a"),
    { type: "tool_use", id: "c", name: "bash", input: { command: "ls" } },
    member("screenshot", {}, "b"),
  ];
  const made = read("anthropic", { id: "msg_1", type: "message", role: "assistant", stop_reason: "tool_use", content });
  expect(made.actions.map(({ type }) => type)).toEqual(["click", "screenshot"]);
  expect(written(made)).toMatchObject([{ tool_use_id: "a" }, { tool_use_id: "b", content: [IMAGE] }]);
});

test("after a failure the blocks that are left get the batch-stop text of the toolset, and errors hold text alone", () => {
  const blocks = [
    member("left_click", {}, "a"),
    member("key", { text: "a b" }, "b"),
    member("type", { text: "x" }, "c"),
    member("screenshot", {}, "d"),
  ];
  const made = read("anthropic", { actions: blocks, screenshot: "after" });
  expect(written(made, failing(made, 2, "No such key."))).toEqual([
    { type: "tool_result", tool_use_id: "a", toolset_name: "computer", content: [text("Clicked.")] },
    { type: "tool_result", tool_use_id: "b", toolset_name: "computer", content: [text("No such key.")], is_error: true },
    ...["c", "d"].map((id) => ({
      type: "tool_result",
      tool_use_id: id,
      toolset_name: "computer",
      content: [text("Not executed: an earlier computer action in this turn failed.")],
      is_error: true,
    })),
  ]);
});

test("the input alone, as frameworks hand it on, is answered without an id", () => {
  const made = read("anthropic", { action: "left_click", coordinate: [3, 4], display_width_px: 1280, display_height_px: 800 });
  expect(made.actions).toEqual([{ type: "click", x: 3, y: 4, button: "left", count: 1 }]);
  expect(written(made)).toEqual({ type: "tool_result", content: [text("Clicked."), IMAGE] });
});

test("blocks of the browser toolset are told apart; those of both in one call are refused", () => {
  const browser = { ...member("screenshot"), toolset_name: "browser" };
  expect(browserUses(browser)).toMatchObject({ blocks: [{ name: "screenshot" }], listed: false });
  expect(browserUses({ content: [{ type: "text", text: "x" }, browser, browser] })).toMatchObject({ blocks: [{}, {}], listed: true });
  expect(browserUses(member("screenshot"))).toBeNull();
  expect(browserUses({ actions: [member("screenshot")] })).toBeNull();
  expect(browserUses({})).toBeNull();
  expect(() => browserUses({ actions: [browser, member("screenshot")] })).toThrow(
    /actions\.1 is 'screenshot' of the toolset 'computer', not of the browser/,
  );
});

test("what the model wrote is not read as a name, and stays on one line", () => {
  expect(written(read("anthropic", member("key", { text: "{duration}" })))).toMatchObject({ content: [text("Pressed {duration}.")] });
  expect(written(read("anthropic", member("key", { text: "a\n\u202eb" })))).toMatchObject({ content: [text("Pressed a b.")] });
});

test.each([
  [null, /the body is a tool_use block/],
  [{}, /the body is a tool_use block/],
  [{ actions: [] }, /actions has no tool_use block of the computer/],
  [{ content: [{ type: "text", text: "done" }] }, /content has no tool_use block/],
  [use({}), /no input\.action/],
  [use({ action: "fly" }), /'fly', which is not known; known are key, hold_key/],
  [member("valueOf"), /'valueOf', which is not known/],
  [{ ...member("left_click"), id: 7 }, /body\.id/],
  [{ ...member("screenshot"), toolset_name: "browser" }, /'screenshot' of the toolset 'browser', not of the computer/],
  [{ type: "tool_use", id: "a", name: "bash", input: {} }, /'bash', not of the computer/],
  [member("left_click", { coordinate: [1280, 0] }), /outside the 1280x800 screen/],
  [member("left_click", { coordinate: [1] }), /the block's input\.coordinate/],
  [member("left_click", { coordinate: [Number.NaN, 1] }), /the block's input\.coordinate/],
  [member("mouse_move"), /the block's input\.coordinate/],
  [member("scroll", { scroll_direction: "sideways", scroll_amount: 1 }), /scroll_direction/],
  [member("scroll", { scroll_direction: "up", scroll_amount: -1 }), /scroll_amount/],
  [member("wait", { duration: 101 }), /duration/],
  [member("key", { text: "" }), /text/],
  [member("zoom", { region: [10, 10, 10, 20] }), /x0 < x1/],
  [member("zoom", { region: [10, 10, 1290, 20] }), /outside/],
  [{ ...member("screenshot"), display_width_px: 1024 }, /both display_width_px and display_height_px/],
  [
    { ...member("screenshot"), display_width_px: 1024, display_height_px: 768 },
    /1024x768 has other proportions than the screen of 1280x800; tell the model 1024x640/,
  ],
  [{ ...member("screenshot"), display_width_px: 16000, display_height_px: 10000 }, /0\.05 to 4 times/],
])("%j is refused", (body, words) => expectRefused("anthropic", body, words));

test("pictures keep their media type", () => {
  const made = read("anthropic", member("screenshot"));
  const results = done(made, [{ screenshot: { ...PICTURE, media_type: "image/webp" } }]);
  expect(made.write({ results, screen: SCREEN })).toMatchObject({ content: [{ source: { media_type: "image/webp" } }] });
});
