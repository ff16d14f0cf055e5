import { expect, test } from "vitest";
import { PerformActions } from "../../../src/contract/actions.ts";
import { ControlLocks } from "../../../src/server/actions/control.ts";
import { dialects } from "../../../src/server/actions/dialects/index.ts";
import { type ActionsPorts, type Call, createActions } from "../../../src/server/actions/perform.ts";

const unused = () => {
  throw new Error("nothing of a screen is asked for");
};

test("a browser without a screen takes the blocks of a browser toolset, and says of all else that it has none", async () => {
  const done: unknown[] = [];
  const perform = createActions({
    displays: { use: unused } as unknown as ActionsPorts["displays"],
    takePicture: unused,
    settled: unused,
    dialects,
    control: new ControlLocks(),
    toolsets: {
      run: async (_id, _open, blocks) =>
        blocks.map(({ id, name }) => ({
          type: "tool_result",
          tool_use_id: id,
          content: [],
          ...(name !== "tabs_context" && { is_error: true }),
        })),
    },
    shots: { afterAction: unused },
    onAction: unused,
    onDone: (...told) => void done.push(told),
  });
  const call = (body: object): Promise<unknown> =>
    perform({
      computerId: "cmp_a",
      screen: false,
      browser: {} as Call["browser"],
      openCdp: unused,
      body: PerformActions.parse(body),
      actor: "key_a",
      signal: new AbortController().signal,
    });
  const block = { type: "tool_use", id: "toolu_1", name: "tabs_context", toolset_name: "browser", input: {} };
  expect(await call({ dialect: "anthropic", ...block })).toMatchObject({ type: "tool_result", tool_use_id: "toolu_1" });
  const uses = [block, { ...block, name: "find", id: "toolu_2" }, { ...block, id: "toolu_3" }];
  await call({ dialect: "anthropic", actions: uses });
  // What comes after a failure was not done.
  expect(done).toEqual([
    ["cmp_a", "key_a", { action: "tabs_context", ok: true }],
    ["cmp_a", "key_a", { action: "tabs_context", ok: true }],
    ["cmp_a", "key_a", { action: "find", ok: false }],
  ]);
  await expect(call({ actions: [{ type: "wait", ms: 0 }] })).rejects.toMatchObject({ code: "no_display" });
  const click = { type: "tool_use", id: "toolu_2", name: "computer", input: { action: "left_click", coordinate: [1, 1] } };
  await expect(call({ dialect: "anthropic", ...click })).rejects.toMatchObject({ code: "no_display" });
});
