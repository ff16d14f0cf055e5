import { z } from "zod";
import type { Button } from "../../../contract/actions.ts";
import { address } from "../../browser/address.ts";
import { chord } from "./chord.ts";
import { GRID } from "./grid.ts";
import { type Reader, reads, seconds } from "./reading.ts";
import type { Point, Space } from "./space.ts";
import { DIRECTIONS, type Direction, distance } from "./wheel.ts";

/** Where `search` leads: the model says nothing of it, Google's own agent opens this. */
const SEARCH_PAGE = "https://www.google.com/";
/** Of the grid, when a scroll names no distance; from Google's own agent. */
const SCROLL_MAGNITUDE = 800;

export interface GeminiContext {
  space: Space;
  screen: { width: number; height: number };
}

const point = { x: z.number(), y: z.number() };
const where = z.object(point);
const at = ({ x, y }: Point, { space }: GeminiContext): Point => space.toScreen(x, y);
const keys = z.union([z.array(z.string().min(1)).min(1), z.string().min(1).transform(chord)]);

const click = (button: Button, count = 1) =>
  reads(where, (target, context: GeminiContext) => [{ type: "click", ...at(target, context), button, count }]);

const scroll = reads(
  z.object({ ...point, direction: z.enum(DIRECTIONS), magnitude: z.number().min(0).max(GRID).default(SCROLL_MAGNITUDE) }),
  ({ direction, magnitude, ...target }, context: GeminiContext) => {
    const along = direction === "up" || direction === "down" ? context.screen.height : context.screen.width;
    return [{ type: "scroll", ...at(target, context), ...distance(direction, Math.round((magnitude * along) / GRID)) }];
  },
);

/** A page up or down goes by its key, as in Google's own agent; sideways it is half a screen. */
const scrollDocument = (direction: Direction, { screen }: GeminiContext) => {
  if (direction === "up" || direction === "down") return [{ type: "key" as const, keys: [direction === "up" ? "Page_Up" : "Page_Down"] }];
  const middle = { x: Math.floor(screen.width / 2), y: Math.floor(screen.height / 2) };
  return [{ type: "scroll" as const, ...middle, ...distance(direction, middle.x) }];
};

const drag = reads(
  z.object({ ...point, destination_x: z.number(), destination_y: z.number() }),
  ({ x, y, destination_x, destination_y }, context: GeminiContext) => {
    const from = at({ x, y }, context);
    const to = at({ x: destination_x, y: destination_y }, context);
    return [
      {
        type: "drag",
        path: [
          [from.x, from.y],
          [to.x, to.y],
        ],
      },
    ];
  },
);

const enter = (pressed: boolean) => (pressed ? [{ type: "key" as const, keys: ["Return"] }] : []);
const key = z.object({ key: z.string().min(1) });

/** Functions of the models up to 3.1, then those of 3.5 and later; drag_and_drop, go_back, go_forward and navigate are the same in both. */
export const GEMINI_FUNCTIONS: Record<string, Reader<GeminiContext>> = {
  open_web_browser: () => [],
  click_at: click("left"),
  hover_at: reads(where, (target, context) => [{ type: "move", ...at(target, context) }]),
  type_text_at: reads(
    // Without a word of it nothing is sent off: a key too few can be made up for.
    z.object({ ...point, text: z.string(), press_enter: z.boolean().default(false), clear_before_typing: z.boolean().default(true) }),
    ({ text, press_enter, clear_before_typing, ...target }, context) => [
      { type: "click", ...at(target, context) },
      ...(clear_before_typing
        ? [
            { type: "key" as const, keys: ["ctrl", "a"] },
            { type: "key" as const, keys: ["Delete"] },
          ]
        : []),
      { type: "type", text },
      ...enter(press_enter),
    ],
  ),
  scroll_document: reads(z.object({ direction: z.enum(DIRECTIONS) }), ({ direction }, context) => scrollDocument(direction, context)),
  scroll_at: scroll,
  wait_5_seconds: () => [{ type: "wait", ms: 5000 }],
  go_back: () => [{ type: "back" }],
  go_forward: () => [{ type: "forward" }],
  search: () => [{ type: "navigate", url: SEARCH_PAGE }],
  navigate: reads(z.object({ url: z.string().min(1) }), ({ url }) => [{ type: "navigate", url: address(url) }]),
  key_combination: reads(z.object({ keys }), ({ keys }) => [{ type: "key", keys }]),
  drag_and_drop: drag,
  click: click("left"),
  double_click: click("left", 2),
  triple_click: click("left", 3),
  middle_click: click("middle"),
  right_click: click("right"),
  mouse_down: reads(where, (target, context) => [{ type: "mouse_down", ...at(target, context) }]),
  mouse_up: reads(where, (target, context) => [{ type: "mouse_up", ...at(target, context) }]),
  move: reads(where, (target, context) => [{ type: "move", ...at(target, context) }]),
  type: reads(z.object({ text: z.string(), press_enter: z.boolean().default(false) }), ({ text, press_enter }) => [
    { type: "type", text },
    ...enter(press_enter),
  ]),
  wait: reads(z.object({ seconds: seconds(100).default(1000) }), ({ seconds: ms }) => [{ type: "wait", ms }]),
  press_key: reads(key, ({ key }) => [{ type: "key", keys: chord(key) }]),
  key_down: reads(key, ({ key }) => [{ type: "key_down", key }]),
  key_up: reads(key, ({ key }) => [{ type: "key_up", key }]),
  hotkey: reads(z.object({ keys }), ({ keys }) => [{ type: "key", keys }]),
  take_screenshot: () => [],
  scroll,
};
