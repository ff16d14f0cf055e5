import { expect, test } from "vitest";
import { actionsOf, done, expectRefused, failing, read, SCREEN, written } from "./outcomes.ts";

const click = (count: number) => ({ type: "click", button: "left", count });

test.each([
  ["mousemove 100 200 click 1", [{ type: "move", x: 100, y: 200 }, click(1)]],
  ["xdotool mousemove --sync 0 0", [{ type: "move", x: 0, y: 0 }]],
  ["click --repeat 2 --delay 50 1", [click(2)]],
  ["click --repeat=4 1", [click(3), click(1)]],
  ["click 3", [{ type: "click", button: "right", count: 1 }]],
  ["click 9", [{ type: "click", button: "forward", count: 1 }]],
  ["click --repeat 3 5", [{ type: "scroll", dx: 0, dy: 360 }]],
  ["click 6", [{ type: "scroll", dx: -120, dy: 0 }]],
  [
    "mousedown 1 mousemove 5 6 mouseup 1",
    [
      { type: "mouse_down", button: "left" },
      { type: "move", x: 5, y: 6 },
      { type: "mouse_up", button: "left" },
    ],
  ],
  ["key ctrl+s", [{ type: "key", keys: ["ctrl", "s"] }]],
  [
    "key --clearmodifiers Tab Return",
    [
      { type: "key", keys: ["Tab"] },
      { type: "key", keys: ["Return"] },
    ],
  ],
  ["key --repeat 3 Down", [{ type: "key", keys: ["Down"], repeat: 3 }]],
  [
    "keydown shift key a keyup shift",
    [
      { type: "key_down", key: "shift" },
      { type: "key", keys: ["a"] },
      { type: "key_up", key: "shift" },
    ],
  ],
  ["type --delay 20 'hello'", [{ type: "type", text: "hello", delay_ms: 20 }]],
  ["type hello world", [{ type: "type", text: "helloworld" }]],
  [`type "it's \\"here\\"; \\$5"`, [{ type: "type", text: `it's "here"; $5` }]],
  ["type 'Žluťoučký 漢字 😀 $HOME'", [{ type: "type", text: "Žluťoučký 漢字 😀 $HOME" }]],
  ["type -- -x", [{ type: "type", text: "-x" }]],
  [
    "type --args 1 key key Return",
    [
      { type: "type", text: "key" },
      { type: "key", keys: ["Return"] },
    ],
  ],
  [
    "type --terminator END a b END sleep 0.5",
    [
      { type: "type", text: "ab" },
      { type: "wait", ms: 500 },
    ],
  ],
  ["sleep 0.5", [{ type: "wait", ms: 500 }]],
  ["getmouselocation", [{ type: "cursor_position" }]],
])("%s", (command, actions) => {
  expect(actionsOf("xdotool", { command })).toEqual(actions);
  expect(actionsOf("xdotool", { actions: command })).toEqual(actions);
});

test("words are taken as they are", () => {
  expect(actionsOf("xdotool", { argv: ["type", "a b; $c"] })).toEqual([{ type: "type", text: "a b; $c" }]);
  expect(actionsOf("xdotool", { actions: ["key", "ctrl+s"] })).toEqual([{ type: "key", keys: ["ctrl", "s"] }]);
});

test("it prints what xdotool prints", () => {
  const print = (command: string) => {
    const made = read("xdotool", { command });
    return made.write({ results: done(made, [{}, { x: 100, y: 200 }]), screen: SCREEN });
  };
  expect(print("mousemove 100 200 getmouselocation")).toEqual({ stdout: "x:100 y:200 screen:0 window:0\n", stderr: "", exit_code: 0 });
  expect(print("sleep 0 getmouselocation --shell")).toMatchObject({ stdout: "X=100\nY=200\nSCREEN=0\nWINDOW=0\n" });
  expect(print("getdisplaygeometry")).toMatchObject({ stdout: "1280 800\n" });
  expect(print("key a")).toMatchObject({ stdout: "" });
});

test("a failure ends the chain with its sentence and an exit code", () => {
  const made = read("xdotool", { command: "getmouselocation key a getmouselocation" });
  expect(written(made, failing(made, 1, "No such key."))).toEqual({
    stdout: "x:0 y:0 screen:0 window:0\n",
    stderr: "xdotool: No such key.\n",
    exit_code: 1,
  });
});

test.each([
  [{}, /command/],
  [{ command: "" }, /empty/],
  [{ command: "xdotool" }, /empty/],
  [{ argv: [1] }, /list of its words/],
  [{ command: "mousemove 100" }, /mousemove lacks y/],
  [{ command: "mousemove 1280 5" }, /outside the 1280x800 screen/],
  [{ command: "mousemove -5 5" }, /x is '-5', and must be a number from 0/],
  [{ command: "mousemove a b" }, /x is 'a'/],
  [{ command: "mousemove --polar 1 1" }, /no option '--polar'/],
  [{ command: "click 12" }, /the button is '12'/],
  [{ command: "click toString" }, /the button is 'toString'/],
  [{ command: "key" }, /key lacks a key/],
  [{ command: "type" }, /type lacks a text/],
  [{ command: "sleep 1000" }, /from 0 to 100/],
  [{ command: "windowkill 5" }, /'windowkill' is not known here; known are mousemove/],
  [{ command: "exec sh" }, /'exec' is not known here/],
  [{ command: "constructor" }, /'constructor' is not known/],
  [{ command: "key a; rm -rf x" }, /';' outside single quotes, and there is no shell/],
  [{ command: 'type "$HOME"' }, /'\$' outside single quotes/],
  [{ command: "type `id`" }, /'`' outside/],
  [{ command: "type 'open" }, /' that is not closed/],
])("%j is refused", (body, words) => expectRefused("xdotool", body, words));
