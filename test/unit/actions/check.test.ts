import { expect, test } from "vitest";
import { z } from "zod";
import { Action, type ActionInput } from "../../../src/contract/actions.ts";
import { checkBatch, checkPlaces } from "../../../src/server/actions/check.ts";
import { pageUrl } from "../../../src/server/actions/page-url.ts";

const screen = { width: 1280, height: 800 };
const check = (...actions: ActionInput[]) => {
  const parsed = z.array(Action).parse(actions);
  checkBatch(parsed);
  checkPlaces(parsed, screen);
};

test.each<[string, ActionInput, string]>([
  ["a point beside the screen", { type: "click", x: 1280, y: 0 }, "x is 0 to 1279, y is 0 to 799"],
  ["a point below the screen", { type: "scroll", x: 0, y: 800, dy: 1 }, "1280x800"],
  [
    "a path that leaves the screen",
    {
      type: "drag",
      path: [
        [0, 0],
        [0, 900],
      ],
    },
    "0,900",
  ],
  ["a region that leaves the screen", { type: "zoom", region: { x: 1279, y: 0, width: 2, height: 1 } }, "1280x800"],
  ["a key that is none", { type: "key", keys: ["Retrun"] }, "did you mean Return"],
  ["a key in a combination that is none", { type: "key", keys: ["ctrl+fuu"] }, "use a name like Return"],
  ["a held key that is none", { type: "click", keys: ["hyperspace"] }, "hyperspace"],
  ["a character that the keyboard lacks", { type: "key", keys: ["ž"] }, "a type action writes it"],
  ["F13, which the keyboard lacks", { type: "key_down", key: "F13" }, "or F5"],
  ["one bad name among good ones", { type: "key", keys: ["ctrl+", "x+y+zz"] }, "zz"],
  ["a page of the guest's disk", { type: "navigate", url: "file:///etc/passwd" }, "no http, https, about or data URL"],
  ["a script for a page", { type: "new_tab", url: "javascript:alert(1)" }, "no http"],
  ["more than the clipboard takes", { type: "paste", text: "ž".repeat(140_000) }, "at most 262144"],
  ["hours of waiting", { type: "type", text: "x".repeat(5000), delay_ms: 1000 }, "at most 600000"],
])("%s is refused", (_what, action, words) => {
  expect(() => check({ type: "wait", ms: 1 }, action)).toThrow(
    expect.objectContaining({ code: "invalid_request", message: expect.stringContaining(words) }),
  );
});

test("which action it is, is said", () => {
  expect(() => check({ type: "click" }, { type: "move", x: 5000, y: 1 })).toThrow("body.actions.1 (move): the point 5000,1");
});

test("what lies at the very edge is taken", () => {
  check(
    { type: "click", x: 1279, y: 799 },
    { type: "zoom", region: { x: 0, y: 0, width: 1280, height: 800 } },
    { type: "screenshot", region: { x: 1279, y: 799, width: 1, height: 1 } },
  );
});

test.each([
  ["example.com", "https://example.com"],
  ["localhost:8080/a", "https://localhost:8080/a"],
  ["http://x/", "http://x/"],
  [" about:blank ", "about:blank"],
  ["data:text/html,x", "data:text/html,x"],
])("the address %j opens %j", (typed, url) => expect(pageUrl(typed)).toBe(url));
