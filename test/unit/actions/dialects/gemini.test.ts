import { expect, test } from "vitest";
import { actionsOf, expectRefused, failing, read, written } from "./outcomes.ts";

const call = (name: string, args: object = {}) => ({ name, args });
const PARTS = [{ inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }];
const URL = "https://example.com/";
const clicked = (button = "left", count = 1) => [{ type: "click", x: 640, y: 400, button, count }];
const drag = {
  type: "drag",
  path: [
    [128, 80],
    [1279, 799],
  ],
};
const where = { x: 500, y: 500 };

test.each([
  ["open_web_browser", {}, [{ type: "screenshot" }]],
  ["click_at", where, clicked()],
  ["hover_at", { x: 0, y: 999 }, [{ type: "move", x: 0, y: 799 }]],
  [
    "type_text_at",
    { ...where, text: "ahoj", press_enter: true },
    [
      { type: "click", x: 640, y: 400 },
      { type: "key", keys: ["ctrl", "a"] },
      { type: "key", keys: ["Delete"] },
      { type: "type", text: "ahoj" },
      { type: "key", keys: ["Return"] },
    ],
  ],
  [
    "type_text_at",
    { ...where, text: "ahoj", clear_before_typing: false },
    [
      { type: "click", x: 640, y: 400 },
      { type: "type", text: "ahoj" },
    ],
  ],
  ["scroll_document", { direction: "down" }, [{ type: "key", keys: ["Page_Down"] }]],
  ["scroll_document", { direction: "left" }, [{ type: "scroll", x: 640, y: 400, dx: -640, dy: 0 }]],
  ["scroll_at", { ...where, direction: "down" }, [{ type: "scroll", x: 640, y: 400, dx: 0, dy: 640 }]],
  ["scroll_at", { ...where, direction: "right", magnitude: 100 }, [{ type: "scroll", x: 640, y: 400, dx: 128, dy: 0 }]],
  ["wait_5_seconds", {}, [{ type: "wait", ms: 5000 }]],
  ["go_back", {}, [{ type: "back" }]],
  ["go_forward", {}, [{ type: "forward" }]],
  ["search", {}, [{ type: "navigate", url: "https://www.google.com/" }]],
  ["navigate", { url: "example.com/a?b=c:d" }, [{ type: "navigate", url: "https://example.com/a?b=c:d" }]],
  ["navigate", { url: "http://localhost:8080/" }, [{ type: "navigate", url: "http://localhost:8080/" }]],
  ["navigate", { url: "localhost:8080" }, [{ type: "navigate", url: "https://localhost:8080" }]],
  ["key_combination", { keys: "Control+A" }, [{ type: "key", keys: ["Control", "A"] }]],
  ["drag_and_drop", { x: 100, y: 100, destination_x: 1000, destination_y: 1000 }, [drag]],
  ["click", { ...where, intent: "Open the menu" }, clicked()],
  ["double_click", where, clicked("left", 2)],
  ["triple_click", where, clicked("left", 3)],
  ["middle_click", where, clicked("middle")],
  ["right_click", where, clicked("right")],
  ["mouse_down", where, [{ type: "mouse_down", x: 640, y: 400 }]],
  ["mouse_up", where, [{ type: "mouse_up", x: 640, y: 400 }]],
  ["move", { x: 999, y: 1 }, [{ type: "move", x: 1278, y: 0 }]],
  ["type", { text: "漢字" }, [{ type: "type", text: "漢字" }]],
  [
    "type",
    { text: "a", press_enter: true },
    [
      { type: "type", text: "a" },
      { type: "key", keys: ["Return"] },
    ],
  ],
  ["wait", { seconds: 3 }, [{ type: "wait", ms: 3000 }]],
  ["wait", {}, [{ type: "wait", ms: 1000 }]],
  ["press_key", { key: "Enter" }, [{ type: "key", keys: ["Enter"] }]],
  ["key_down", { key: "Shift" }, [{ type: "key_down", key: "Shift" }]],
  ["key_up", { key: "Shift" }, [{ type: "key_up", key: "Shift" }]],
  ["hotkey", { keys: ["Control", "Shift", "T"] }, [{ type: "key", keys: ["Control", "Shift", "T"] }]],
  ["hotkey", { keys: "ctrl+t" }, [{ type: "key", keys: ["ctrl", "t"] }]],
  ["take_screenshot", {}, [{ type: "screenshot" }]],
  ["scroll", { ...where, direction: "up", magnitude: 500 }, [{ type: "scroll", x: 640, y: 400, dx: 0, dy: -400 }]],
])("%s %j: canonical actions, and a functionResponse with the page's URL and the picture", (name, args, actions) => {
  const made = read("gemini", call(name, args));
  expect(made.actions).toEqual(actions);
  expect(written(made, undefined, URL)).toEqual({ name, response: { url: URL }, parts: PARTS });
});

test("a part is answered with a part, a call with its id", () => {
  const part = { functionCall: { id: "fc-1", ...call("click", where) }, thoughtSignature: "x" };
  expect(written(read("gemini", part), undefined, URL)).toEqual({
    functionResponse: { id: "fc-1", name: "click", response: { url: URL }, parts: PARTS },
  });
  const snake = { function_call: call("click", where) };
  expect(written(read("gemini", snake), undefined, URL)).toMatchObject({ functionResponse: { name: "click" } });
});

test("the parts of a message are one batch; the picture comes with the last", () => {
  const parts = [
    { text: "I click.", thought: true },
    { functionCall: call("click", where) },
    { functionCall: call("type", { text: "a" }) },
  ];
  const made = read("gemini", { role: "model", parts });
  expect(written(made, undefined, URL)).toEqual([
    { functionResponse: { name: "click", response: { url: URL } } },
    { functionResponse: { name: "type", response: { url: URL }, parts: PARTS } },
  ]);
  expect(actionsOf("gemini", { functionCalls: [call("wait"), call("go_back")] })).toEqual([{ type: "wait", ms: 1000 }, { type: "back" }]);
});

test("a failure is in the response's error, and calls after it say that they were not done", () => {
  const made = read("gemini", { actions: [call("click", where), call("go_back"), call("take_screenshot")] });
  expect(written(made, failing(made, 0, "It froze."), URL)).toEqual([
    { name: "click", response: { url: URL, error: "It froze." } },
    { name: "go_back", response: { url: URL, error: "Not executed: an earlier call in this turn failed." } },
    { name: "take_screenshot", response: { url: URL, error: "Not executed: an earlier call in this turn failed." }, parts: PARTS },
  ]);
});

test("what needs consent is done with a person's consent, which the model is told, and not without", () => {
  const safety_decision = { decision: "require_confirmation", explanation: "This accepts cookies." };
  const risky = call("click", { ...where, safety_decision });
  expectRefused("gemini", risky, /click needs a person's consent \(This accepts cookies\.\).*safety_acknowledgement: true/);
  for (const safety_acknowledgement of [true, "true"])
    expect(written(read("gemini", { ...risky, safety_acknowledgement }), undefined, URL)).toMatchObject({
      response: { url: URL, safety_acknowledgement: "true" },
    });
  expect(written(read("gemini", { ...call("wait"), safety_acknowledgement: true }), undefined, URL)).toMatchObject({
    response: { url: URL },
  });
  expect(actionsOf("gemini", call("click", { ...where, safety_decision: { decision: "regular" } }))).toHaveLength(1);
  expectRefused(
    "gemini",
    { ...call("wait", { safety_decision: { decision: "block" } }), safety_acknowledgement: true },
    /'block', and is not done/,
  );
});

test.each([
  ["click", /the body is a functionCall/],
  [{}, /the body is a functionCall/],
  [{ parts: [{ text: "hello" }] }, /parts has no functionCall/],
  [{ functionCalls: [] }, /functionCalls has no functionCall/],
  [{ name: 5, args: {} }, /functionCall\.name/],
  [call("click_everything"), /'click_everything', which is not known; known are open_web_browser/],
  [call("hasOwnProperty"), /'hasOwnProperty', which is not known/],
  [call("click"), /the call's args\.x/],
  [call("click", { x: 1001, y: 0 }), /1001,0 lies outside the grid: x is 0 to 1000, y is 0 to 1000/],
  [call("click", { x: -1, y: 0 }), /outside the grid/],
  [call("scroll", { ...where, direction: "north" }), /direction/],
  [call("scroll", { ...where, direction: "up", magnitude: 5000 }), /magnitude/],
  [call("wait", { seconds: 1e6 }), /seconds/],
  [call("type", { text: 5 }), /text/],
  [call("navigate", { url: "" }), /url/],
  [call("hotkey", { keys: [] }), /keys/],
])("%j is refused", (body, words) => expectRefused("gemini", body, words));
