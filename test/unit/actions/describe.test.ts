import { expect, test } from "vitest";
import { Action, type ActionInput } from "../../../src/contract/actions.ts";
import { describeAction } from "../../../src/server/actions/describe.ts";

const words = (input: ActionInput) => describeAction(Action.parse(input));

test.each<[ActionInput, string | null]>([
  [{ type: "click", x: 10, y: 20 }, "Click at 10, 20"],
  [{ type: "click", button: "right", count: 2 }, "Click right 2 times"],
  [
    {
      type: "drag",
      path: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    },
    "Drag from 1, 2 to 5, 6",
  ],
  [{ type: "scroll", dy: -120 }, "Scroll by 0, -120"],
  [{ type: "key", keys: ["ctrl", "c"] }, "Press ctrl+c"],
  [{ type: "move", x: 1, y: 1 }, null],
  [{ type: "screenshot" }, null],
  [{ type: "navigate", url: "https://example.com/?token=secret" }, null],
])("%j", (action, text) => expect(words(action)).toBe(text));

test("what was typed, pasted or copied is not told", () => {
  expect(words({ type: "type", text: "hunter2 😀" })).toBe("Type 9 characters");
  expect(words({ type: "paste", text: "x" })).toBe("Paste 1 character");
  expect(words({ type: "clipboard_set", text: "hunter2" })).toBeNull();
});
