import type { ActionInput } from "../../../contract/actions.ts";

/** Keys held around actions that cannot hold them by themselves. */
export const holding = (keys: readonly string[], actions: ActionInput[]): ActionInput[] => [
  ...keys.map((key): ActionInput => ({ type: "key_down", key })),
  ...actions,
  ...keys.toReversed().map((key): ActionInput => ({ type: "key_up", key })),
];
