import { expect, test } from "vitest";
import { actionsOf, done, expectRefused, failing, PICTURE, read, SCREEN, written } from "./outcomes.ts";

const call = (fields: object) => ({
  id: "cu_67cc",
  type: "computer_call",
  call_id: "call_zw3",
  status: "completed",
  pending_safety_checks: [],
  ...fields,
});
const URL = "data:image/png;base64,iVBORw0KGgo=";

test.each([
  [{ type: "click", button: "left", x: 156, y: 50 }, [{ type: "click", x: 156, y: 50, button: "left" }]],
  [{ type: "click", button: "wheel", x: 1, y: 2, keys: null }, [{ type: "click", x: 1, y: 2, button: "middle" }]],
  [{ type: "click", button: "back", x: 1, y: 2 }, [{ type: "click", x: 1, y: 2, button: "back" }]],
  [{ type: "click", button: "forward", x: 1, y: 2, keys: ["SHIFT"] }, [{ type: "click", x: 1, y: 2, button: "forward", keys: ["SHIFT"] }]],
  [{ type: "double_click", x: 3, y: 4, keys: ["CTRL"] }, [{ type: "click", x: 3, y: 4, count: 2, keys: ["CTRL"] }]],
  [
    {
      type: "drag",
      path: [
        { x: 100, y: 200 },
        { x: 200, y: 300 },
        { x: 1279, y: 799 },
      ],
      keys: ["ALT"],
    },
    [
      {
        type: "drag",
        path: [
          [100, 200],
          [200, 300],
          [1279, 799],
        ],
        keys: ["ALT"],
      },
    ],
  ],
  [{ type: "keypress", keys: ["CTRL", "L"] }, [{ type: "key", keys: ["CTRL", "L"] }]],
  [{ type: "move", x: 0, y: 0 }, [{ type: "move", x: 0, y: 0 }]],
  [
    { type: "move", x: 5, y: 6, keys: ["CTRL", "SHIFT"] },
    [
      { type: "key_down", key: "CTRL" },
      { type: "key_down", key: "SHIFT" },
      { type: "move", x: 5, y: 6 },
      { type: "key_up", key: "SHIFT" },
      { type: "key_up", key: "CTRL" },
    ],
  ],
  [{ type: "scroll", x: 640, y: 400, scroll_x: 0, scroll_y: 300 }, [{ type: "scroll", x: 640, y: 400, dx: 0, dy: 300 }]],
  [{ type: "scroll", x: 640, y: 400, scrollX: -20, scrollY: -300 }, [{ type: "scroll", x: 640, y: 400, dx: -20, dy: -300 }]],
  [{ type: "type", text: "Žluťoučký 漢字 😀\n" }, [{ type: "type", text: "Žluťoučký 漢字 😀\n" }]],
  [{ type: "wait" }, [{ type: "wait", ms: 2000 }]],
])("%j is read as canonical actions, from a call, a list and alone", (action, actions) => {
  expect(actionsOf("openai", call({ action }))).toEqual(actions);
  expect(actionsOf("openai", call({ actions: [action, { type: "screenshot" }] }))).toEqual(actions);
  expect(actionsOf("openai", { actions: [action] })).toEqual(actions);
  expect(actionsOf("openai", { actions: [call({ actions: [action] })] })).toEqual(actions);
  expect(actionsOf("openai", action)).toEqual(actions);
});

test("the answer is a computer_call_output with the picture taken after", () => {
  const made = read("openai", call({ action: { type: "click", button: "left", x: 1, y: 1 } }));
  expect(made.screenshot).toBe("after");
  expect(written(made)).toEqual({
    type: "computer_call_output",
    call_id: "call_zw3",
    output: { type: "computer_screenshot", image_url: URL },
  });
});

test("a call for a screenshot takes one and no second one after", () => {
  const made = read("openai", call({ action: { type: "screenshot" } }));
  expect(made).toMatchObject({ actions: [{ type: "screenshot" }], screenshot: "none" });
  expect(written(made)).toMatchObject({ call_id: "call_zw3", output: { image_url: URL } });
});

test("a batch that stopped is marked incomplete, and its picture shows how far it came", () => {
  const made = read("openai", call({ actions: [{ type: "wait" }, { type: "type", text: "a" }] }));
  expect(written(made, failing(made, 0))).toEqual({
    type: "computer_call_output",
    call_id: "call_zw3",
    output: { type: "computer_screenshot", image_url: URL },
    status: "incomplete",
  });
});

test("without a picture there is no computer_call_output, but an error that says why", () => {
  const made = read("openai", call({ action: { type: "screenshot" } }));
  expect(() => made.write({ results: failing(made, 0, "It is stopped."), screen: SCREEN })).toThrow(
    expect.objectContaining({ code: "display_unavailable", message: expect.stringContaining("It is stopped.") }),
  );
});

test("pending safety checks are answered back when the caller acknowledges them, and refused otherwise", () => {
  const check = { id: "cu_sc_67cb", code: "malicious_instructions", message: "We've detected instructions..." };
  const pending = call({ action: { type: "wait" }, pending_safety_checks: [check, { id: "cu_sc_2" }] });
  expectRefused("openai", pending, /cu_sc_67cb \(malicious_instructions\), cu_sc_2.*acknowledged_safety_checks/);
  expectRefused("openai", { ...pending, acknowledged_safety_checks: [check] }, /: cu_sc_2\./);
  const agreed = [{ id: "cu_sc_67cb" }, { id: "cu_sc_2" }];
  const expected = { acknowledged_safety_checks: [check, { id: "cu_sc_2" }] };
  expect(written(read("openai", { ...pending, acknowledged_safety_checks: agreed }))).toMatchObject(expected);
  expect(written(read("openai", { actions: [pending], acknowledged_safety_checks: agreed }))).toMatchObject(expected);
});

test("the input that the AI SDK makes is answered in its spelling", () => {
  const input = { actions: [{ type: "wait" }], pendingSafetyChecks: [{ id: "a" }], status: "completed" };
  expectRefused("openai", input, /pending safety checks: a\./);
  const made = read("openai", { ...input, acknowledgedSafetyChecks: [{ id: "a" }] });
  expect(written(made)).toEqual({ output: { type: "computer_screenshot", imageUrl: URL }, acknowledgedSafetyChecks: [{ id: "a" }] });
});

test.each([
  [null, /computer_call/],
  [[], /computer_call/],
  [{}, /neither action nor actions/],
  [call({}), /neither action nor actions/],
  [call({ actions: [] }), /body\.actions/],
  [call({ action: "click" }), /action has no type/],
  [call({ action: { type: "teleport" } }), /'teleport', which is not known; known are click, double_click/],
  [call({ action: { type: "constructor" } }), /'constructor', which is not known/],
  [
    call({ action: { type: "click", button: "left", x: 1280, y: 5 } }),
    /1280,5 lies outside the 1280x800 screen: x is 0 to 1279, y is 0 to 799/,
  ],
  [call({ action: { type: "click", button: "left", x: -1, y: 5 } }), /outside/],
  [call({ action: { type: "click", button: "left", x: "5", y: 5 } }), /action\.x/],
  [call({ action: { type: "click", button: "turbo", x: 5, y: 5 } }), /action\.button/],
  [call({ action: { type: "drag", path: [{ x: 1, y: 1 }] } }), /action\.path/],
  [call({ action: { type: "keypress", keys: [] } }), /action\.keys/],
  [call({ action: { type: "keypress", keys: ["x".repeat(40)] } }), /actions\.0\.keys\.0/],
  [call({ action: { type: "scroll", x: 1, y: 1, scroll_y: 1e9 } }), /actions\.0\.dy/],
  [call({ action: { type: "type", text: "a\0b" } }), /NUL/],
  [call({ actions: Array.from({ length: 101 }, () => ({ type: "wait" })) }), /at most 100/],
  [{ actions: [call({ action: { type: "wait" } }), call({ action: { type: "wait" } })] }, /several blocks/],
  [call({ action: { type: "wait" }, screenshot: "none" }), /always carries a screenshot/],
])("%j is refused", (body, words) => expectRefused("openai", body, words));

test("an action's own picture stands in when none was taken after", () => {
  const made = read("openai", { type: "screenshot" });
  expect(made.write({ results: done(made), screen: SCREEN })).toEqual({
    type: "computer_call_output",
    output: { type: "computer_screenshot", image_url: `data:image/png;base64,${PICTURE.data}` },
  });
});
