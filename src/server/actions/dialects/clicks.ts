import type { ActionInput, Button } from "../../../contract/actions.ts";

/** What one click action counts to. */
const MOST = 3;

/** Any number of clicks at one place, of which up to three are one double or triple click. */
export const clicks = (count: number, click: { x?: number; y?: number; button: Button; keys?: string[] }): ActionInput[] => {
  const actions: ActionInput[] = [];
  for (let left = count; left > 0; left -= MOST) actions.push({ type: "click", ...click, count: Math.min(left, MOST) });
  return actions;
};
