import { oneLine } from "../../text.ts";

/** What the model reads after an action that gives nothing else, in the words of Anthropic's SDK. `{name}` is filled from the input. */
export const SAID: Record<string, string> = {
  key: "Pressed {text}.",
  hold_key: "Held {text} for {duration}s.",
  type: "Typed.",
  mouse_move: "Moved the mouse.",
  left_click: "Clicked.",
  right_click: "Right-clicked.",
  middle_click: "Middle-clicked.",
  double_click: "Double-clicked.",
  triple_click: "Triple-clicked.",
  left_click_drag: "Dragged.",
  scroll: "Scrolled {scroll_direction}.",
  wait: "Waited {duration}s.",
};

/** A sentence with its names filled in, in one pass: what the model wrote is never read as a name again. */
export const fill = (sentence: string, values: Record<string, unknown>): string =>
  sentence.replace(/\{(\w+)\}/g, (_, name: string) => oneLine(String(values[name] ?? "")));
