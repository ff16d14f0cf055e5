import type { Action, ActionType } from "../../contract/actions.ts";
import { browser, waiting } from "./browser.ts";
import { clipboard } from "./clipboard.ts";
import { drag } from "./drag.ts";
import { keyboard } from "./keyboard.ts";
import { picture } from "./picture.ts";
import { pointer } from "./pointer.ts";
import { scroll } from "./scroll.ts";
import type { Doers, Outcome, Step } from "./step.ts";
import { type } from "./type.ts";

/** What does each action. */
const DOERS: Doers<ActionType> = {
  ...pointer,
  ...drag,
  ...scroll,
  ...keyboard,
  ...type,
  ...clipboard,
  ...picture,
  ...browser,
  ...waiting,
};

const QUIET: ReadonlySet<ActionType> = new Set(["screenshot", "zoom", "cursor_position", "clipboard_get", "clipboard_set", "wait", "tabs"]);
/** Whether the action does something that the screen may show a moment later. */
export const isInput = ({ type: name }: Action): boolean => !QUIET.has(name);

export const perform = async (step: Step, action: Action): Promise<Outcome> =>
  (await (DOERS[action.type] as (step: Step, action: Action) => Promise<Outcome | undefined>)(step, action)) ?? {};
