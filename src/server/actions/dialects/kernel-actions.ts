import { z } from "zod";
import { type ActionInput, BUTTONS } from "../../../contract/actions.ts";
import { NOTCH } from "../../../contract/wheel.ts";
import { chord } from "./chord.ts";
import { clicks } from "./clicks.ts";
import { holding } from "./hold.ts";
import { type Reader, reads, refused } from "./reading.ts";
import type { Space } from "./space.ts";

const point = { x: z.number(), y: z.number() };
const button = z.enum(BUTTONS).default("left");
const hold_keys = z
  .array(z.string())
  .default([])
  .transform((keys) => keys.flatMap(chord));
const ms = (max: number) => z.number().min(0).max(max).transform(Math.round);
const notches = z
  .number()
  .min(-800)
  .max(800)
  .default(0)
  .transform((units) => Math.round(units * NOTCH));
const held = (keys: string[]) => (keys.length > 0 ? { keys } : {});

const click = reads(
  z.object({
    ...point,
    button,
    click_type: z.enum(["down", "up", "click"]).default("click"),
    num_clicks: z.int().min(1).max(30).default(1),
    hold_keys,
  }),
  ({ x, y, button, click_type, num_clicks, hold_keys }, space: Space) => {
    const at = space.toScreen(x, y);
    if (click_type === "click") return clicks(num_clicks, { ...at, button, ...held(hold_keys) });
    return holding(hold_keys, [{ type: click_type === "down" ? "mouse_down" : "mouse_up", ...at, button }]);
  },
);

/** Kernel's own step of a drag, when it names none. */
const STEPS = 10;
const STEP_MS = 50;

const drag = reads(
  z.object({
    path: z.array(z.tuple([z.number(), z.number()])).min(2),
    button,
    delay: ms(10_000).default(0),
    duration_ms: ms(60_000).optional(),
    steps_per_segment: z.int().min(1).max(1000).default(STEPS),
    step_delay_ms: ms(10_000).default(STEP_MS),
    hold_keys,
  }),
  ({ path, button, delay, duration_ms, steps_per_segment, step_delay_ms, hold_keys }, space: Space) => {
    const points = path.map(([x, y]) => space.toScreen(x, y));
    const stepped = steps_per_segment * step_delay_ms * (points.length - 1);
    if (duration_ms === undefined && stepped > 60_000) throw refused(`the drag would take ${stepped} ms; it may take 60000`);
    const duration = duration_ms ?? stepped;
    if (delay === 0)
      return [
        { type: "drag", path: points.map(({ x, y }): [number, number] => [x, y]), button, duration_ms: duration, ...held(hold_keys) },
      ];
    // The button is down for a while before anything moves.
    const [start, ...rest] = points;
    const pause: ActionInput = { type: "wait", ms: Math.round(duration / rest.length) };
    return holding(hold_keys, [
      { type: "mouse_down", ...start!, button },
      { type: "wait", ms: delay },
      ...rest.flatMap((at): ActionInput[] => [{ type: "move", ...at }, pause]),
      { type: "mouse_up", ...points.at(-1)!, button },
    ]);
  },
);

const pressKey = reads(
  z.object({ keys: z.array(z.string().min(1)).min(1), duration: ms(100_000).default(0), hold_keys }),
  ({ keys, duration, hold_keys }) =>
    holding(
      hold_keys,
      duration > 0
        ? [{ type: "hold_key", keys: keys.flatMap(chord), duration_ms: duration }]
        : keys.map((key) => ({ type: "key", keys: chord(key) })),
    ),
);

const region = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });

/** The calls of Kernel's computer API, by the last part of their path. */
export const KERNEL_CALLS: Record<string, Reader<Space>> = {
  click_mouse: click,
  move_mouse: reads(z.object({ ...point, hold_keys }), ({ x, y, hold_keys }, space) =>
    holding(hold_keys, [{ type: "move", ...space.toScreen(x, y) }]),
  ),
  drag_mouse: drag,
  scroll: reads(z.object({ ...point, delta_x: notches, delta_y: notches, hold_keys }), ({ x, y, delta_x, delta_y, hold_keys }, space) => [
    { type: "scroll", ...space.toScreen(x, y), dx: delta_x, dy: delta_y, ...held(hold_keys) },
  ]),
  press_key: pressKey,
  type_text: reads(z.object({ text: z.string(), delay: ms(1000).default(0) }), ({ text, delay }) => [
    { type: "type", text, ...(delay > 0 && { delay_ms: delay }) },
  ]),
  screenshot: reads(z.object({ region: region.optional() }), ({ region }, space) => {
    if (!region) return [{ type: "screenshot" }];
    const { x, y } = space.toScreen(region.x, region.y);
    space.toScreen(region.x + region.width - 1, region.y + region.height - 1);
    return [{ type: "screenshot", region: { ...region, x, y } }];
  }),
  get_mouse_position: () => [{ type: "cursor_position" }],
  read_clipboard: () => [{ type: "clipboard_get" }],
  write_clipboard: reads(z.object({ text: z.string() }), ({ text }) => [{ type: "clipboard_set", text }]),
  sleep: reads(z.object({ duration_ms: ms(100_000) }), ({ duration_ms }) => [{ type: "wait", ms: duration_ms }]),
  set_cursor: () => {
    throw refused("set_cursor is not available: the pointer is part of the picture");
  },
};

/** The same calls under the names of the SDK's methods and of other paths. */
export const KERNEL_ALIASES: Record<string, string> = {
  type: "type_text",
  capture_screenshot: "screenshot",
  "clipboard/read": "read_clipboard",
  "clipboard/write": "write_clipboard",
  cursor: "set_cursor",
  set_cursor_visibility: "set_cursor",
};
