import { expect, test } from "vitest";
import { actionsOf, done, expectRefused, failing, read, SCREEN, written } from "./outcomes.ts";

const CALLS: [string, object, object[]][] = [
  ["click_mouse", { x: 100, y: 200 }, [{ type: "click", x: 100, y: 200, button: "left", count: 1 }]],
  [
    "click_mouse",
    { x: 100, y: 200, button: "right", click_type: "click", num_clicks: 2, hold_keys: ["Shift"] },
    [{ type: "click", x: 100, y: 200, button: "right", count: 2, keys: ["Shift"] }],
  ],
  [
    "click_mouse",
    { x: 1, y: 2, num_clicks: 5 },
    [
      { type: "click", x: 1, y: 2, button: "left", count: 3 },
      { type: "click", x: 1, y: 2, button: "left", count: 2 },
    ],
  ],
  [
    "click_mouse",
    { x: 1, y: 2, click_type: "down", hold_keys: ["Ctrl"] },
    [
      { type: "key_down", key: "Ctrl" },
      { type: "mouse_down", x: 1, y: 2, button: "left" },
      { type: "key_up", key: "Ctrl" },
    ],
  ],
  ["click_mouse", { x: 1, y: 2, click_type: "up", button: "forward" }, [{ type: "mouse_up", x: 1, y: 2, button: "forward" }]],
  ["move_mouse", { x: 500, y: 300, smooth: true }, [{ type: "move", x: 500, y: 300 }]],
  [
    "drag_mouse",
    {
      path: [
        [100, 200],
        [150, 220],
        [200, 260],
      ],
      button: "left",
      delay: 0,
      steps_per_segment: 10,
      step_delay_ms: 50,
      hold_keys: ["Shift"],
    },
    [
      {
        type: "drag",
        path: [
          [100, 200],
          [150, 220],
          [200, 260],
        ],
        button: "left",
        duration_ms: 1000,
        keys: ["Shift"],
      },
    ],
  ],
  [
    "drag_mouse",
    {
      path: [
        [1, 1],
        [2, 2],
      ],
      delay: 200,
      smooth: true,
      duration_ms: 300,
    },
    [
      { type: "mouse_down", x: 1, y: 1, button: "left" },
      { type: "wait", ms: 200 },
      { type: "move", x: 2, y: 2 },
      { type: "wait", ms: 300 },
      { type: "mouse_up", x: 2, y: 2, button: "left" },
    ],
  ],
  ["scroll", { x: 300, y: 400, delta_x: 0, delta_y: 5 }, [{ type: "scroll", x: 300, y: 400, dx: 0, dy: 600 }]],
  [
    "press_key",
    { keys: ["Ctrl+t", "Return"] },
    [
      { type: "key", keys: ["Ctrl", "t"] },
      { type: "key", keys: ["Return"] },
    ],
  ],
  ["press_key", { keys: ["Ctrl+t"], duration: 250 }, [{ type: "hold_key", keys: ["Ctrl", "t"], duration_ms: 250 }]],
  [
    "press_key",
    { keys: ["t"], hold_keys: ["Alt"] },
    [
      { type: "key_down", key: "Alt" },
      { type: "key", keys: ["t"] },
      { type: "key_up", key: "Alt" },
    ],
  ],
  ["type_text", { text: "Hello 漢字", delay: 100 }, [{ type: "type", text: "Hello 漢字", delay_ms: 100 }]],
  ["write_clipboard", { text: "x" }, [{ type: "clipboard_set", text: "x" }]],
  ["sleep", { duration_ms: 30 }, [{ type: "wait", ms: 30 }]],
];
const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

test.each(CALLS)("%s %j is read by its path, by the SDK's method and in a batch", (name, params, actions) => {
  expect(actionsOf("kernel", { method: name, params })).toEqual(actions);
  expect(actionsOf("kernel", { action: camel(name), params })).toEqual(actions);
  expect(actionsOf("kernel", { method: `POST /browsers/htzv5orfit78e1m2biiifpbv/computer/${name}`, params })).toEqual(actions);
  expect(actionsOf("kernel", { actions: [{ type: name, [name]: params }] })).toEqual(actions);
  const batch = { method: "batch", params: { actions: [{ type: name, [name]: params }] } };
  expect(written(read("kernel", batch))).toEqual({ ok: true });
});

test("a screenshot, the pointer's place and the clipboard are answered as Kernel does", () => {
  const region = { x: 0, y: 0, width: 640, height: 360 };
  const shot = read("kernel", { method: "captureScreenshot", params: { region } });
  expect(shot.actions).toEqual([{ type: "screenshot", region }]);
  expect(written(shot)).toEqual({ data: "iVBORw0KGgo=", media_type: "image/png" });
  const position = read("kernel", { method: "get_mouse_position" });
  expect(position.write({ results: done(position, [{ x: 3, y: 4 }]), screen: SCREEN })).toEqual({ x: 3, y: 4 });
  const clipboard = read("kernel", { method: "clipboard/read", params: {} });
  expect(clipboard.write({ results: done(clipboard, [{ text: "ahoj" }]), screen: SCREEN })).toEqual({ text: "ahoj" });
});

test("the screen after it comes along when it is asked for", () => {
  const made = read("kernel", { method: "type", params: { text: "a" }, screenshot: "after" });
  expect(written(made)).toEqual({ ok: true, screenshot: { data: "iVBORw0KGgo=", media_type: "image/png" } });
});

test("a batch that fails says at which of its actions", () => {
  const made = read("kernel", {
    actions: [
      { type: "press_key", press_key: { keys: ["a", "b"] } },
      { type: "click_mouse", click_mouse: { x: 1, y: 1 } },
    ],
  });
  expect(written(made, failing(made, 2, "It froze."))).toEqual({
    code: "display_unavailable",
    message: "click_mouse (action 1): It froze.",
  });
});

test.each([
  [null, /method/],
  [{}, /method/],
  [{ method: "warp" }, /'warp', which is not known; known are click_mouse/],
  [{ method: "click_mouse" }, /params\.x/],
  [{ method: "click_mouse", params: { x: 1, y: 1, num_clicks: 0 } }, /num_clicks/],
  [{ method: "move_mouse", params: { x: 1280, y: 1 } }, /outside the 1280x800 screen/],
  [{ method: "drag_mouse", params: { path: [[1, 1]] } }, /path/],
  [{ method: "screenshot", params: { region: { x: 1000, y: 0, width: 300, height: 10 } } }, /1299,9 lies outside/],
  [{ method: "cursor", params: { hidden: true } }, /set_cursor is not available/],
  [{ actions: [] }, /body\.actions/],
  [{ actions: [{ type: "sleep" }] }, /actions\.0\.sleep\.duration_ms/],
  [{ method: "batch", params: { actions: [{}] } }, /params\.actions\.0\.type/],
])("%j is refused", (body, words) => expectRefused("kernel", body, words));
