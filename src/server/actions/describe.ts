import type { Action } from "../../contract/actions.ts";

const at = ({ x, y }: { x?: number | undefined; y?: number | undefined }): string => (x === undefined ? "" : ` at ${x}, ${y}`);
const times = (count: number): string => (count === 1 ? "" : ` ${count} times`);
const length = (text: string): string => {
  const count = [...text].length;
  return `${count} character${count === 1 ? "" : "s"}`;
};

/** An action in words, for whoever looks at what was done; null where nothing was changed by it. What was typed or copied is not told: it may be a secret. */
export const describeAction = (action: Action): string | null => {
  switch (action.type) {
    case "click":
      return `${action.button === "left" ? "Click" : `Click ${action.button}`}${times(action.count)}${at(action)}`;
    case "mouse_down":
      return `Press the ${action.button} button${at(action)}`;
    case "mouse_up":
      return `Release the ${action.button} button${at(action)}`;
    case "drag": {
      const [[fromX, fromY] = [0, 0]] = action.path;
      const [toX, toY] = action.path.at(-1) ?? [0, 0];
      return `Drag from ${fromX}, ${fromY} to ${toX}, ${toY}`;
    }
    case "scroll":
      return `Scroll by ${action.dx}, ${action.dy}${at(action)}`;
    case "type":
      return `Type ${length(action.text)}`;
    case "paste":
      return `Paste ${length(action.text)}`;
    case "key":
      return `Press ${action.keys.join("+")}${times(action.repeat)}`;
    case "hold_key":
      return `Hold ${action.keys.join("+")}`;
    case "key_down":
      return `Press and hold ${action.key}`;
    case "key_up":
      return `Release ${action.key}`;
    case "back":
      return "Go back";
    case "forward":
      return "Go forward";
    case "reload":
      return "Reload";
    case "new_tab":
      return "Open a tab";
    case "switch_tab":
      return "Switch to another tab";
    case "close_tab":
      return "Close a tab";
    // Where it goes to is told when the browser is there.
    case "navigate":
    case "move":
    case "wait":
    case "screenshot":
    case "zoom":
    case "cursor_position":
    case "clipboard_get":
    case "clipboard_set":
    case "tabs":
      return null;
  }
};
