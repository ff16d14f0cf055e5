import { z } from "zod";
import type { ActionInput, Button } from "../../../contract/actions.ts";
import { NOTCH } from "../../../contract/wheel.ts";
import { chord, chords } from "./chord.ts";
import { holding } from "./hold.ts";
import { type Reader, reads, refused, seconds, whole } from "./reading.ts";
import type { Space } from "./space.ts";
import { DIRECTIONS, distance } from "./wheel.ts";

const pair = z.tuple([z.number(), z.number()]);
const coordinate = pair.nullish();
/** Keys that are held meanwhile, `ctrl+shift`. */
const text = z.string().nullish();
const held = (modifiers: string | null | undefined) => (modifiers ? { keys: chord(modifiers) } : {});
const at = (point: [number, number] | null | undefined, space: Space) => (point ? space.toScreen(...point) : {});

const click = (button: Button, count = 1) =>
  reads(z.object({ coordinate, text }), ({ coordinate, text }, space: Space) => [
    { type: "click", ...at(coordinate, space), button, count, ...held(text) },
  ]);

const drag = (from: [number, number] | null | undefined, to: [number, number], keys: string[], space: Space): ActionInput[] => {
  const end = space.toScreen(...to);
  if (!from) return holding(keys, [{ type: "mouse_down" }, { type: "move", ...end }, { type: "mouse_up", ...end }]);
  const start = space.toScreen(...from);
  return [
    {
      type: "drag",
      path: [
        [start.x, start.y],
        [end.x, end.y],
      ],
      ...(keys.length > 0 && { keys }),
    },
  ];
};

const region = (corners: [number, number, number, number], space: Space) => {
  const [x0, y0, x1, y1] = corners;
  if (!(x0 < x1 && y0 < y1)) throw refused(`region is [x0, y0, x1, y1] with x0 < x1 and y0 < y1, not [${corners.join(", ")}]`);
  const { x, y } = space.toScreen(x0, y0);
  // The far corner is the last pixel that is seen, since the edge itself is no pixel.
  const far = space.toScreen(x1 - 1, y1 - 1);
  return { x, y, width: Math.max(1, far.x - x + 1), height: Math.max(1, far.y - y + 1) };
};

/** Actions of the tools computer_20241022, computer_20250124 and computer_20251124, and members of computer_toolset_20260801. */
export const ANTHROPIC_ACTIONS: Record<string, Reader<Space>> = {
  key: reads(z.object({ text: z.string().min(1), repeat: z.int().min(1).max(1000).nullish() }), ({ text, repeat }) =>
    chords(text).map((keys) => ({ type: "key", keys, ...(repeat && { repeat }) })),
  ),
  hold_key: reads(z.object({ text: z.string().min(1), duration: seconds(100) }), ({ text, duration }) => [
    { type: "hold_key", keys: chord(text), duration_ms: duration },
  ]),
  type: reads(z.object({ text: z.string() }), ({ text }) => [{ type: "type", text }]),
  cursor_position: () => [{ type: "cursor_position" }],
  mouse_move: reads(z.object({ coordinate: pair }), ({ coordinate }, space) => [{ type: "move", ...space.toScreen(...coordinate) }]),
  left_mouse_down: () => [{ type: "mouse_down" }],
  left_mouse_up: () => [{ type: "mouse_up" }],
  left_click: click("left"),
  right_click: click("right"),
  middle_click: click("middle"),
  double_click: click("left", 2),
  triple_click: click("left", 3),
  left_click_drag: reads(
    z.object({ start_coordinate: coordinate, coordinate: pair, text }),
    ({ start_coordinate, coordinate, text }, space) => drag(start_coordinate, coordinate, text ? chord(text) : [], space),
  ),
  scroll: reads(
    z.object({ coordinate, scroll_direction: z.enum(DIRECTIONS), scroll_amount: whole(0, 100), text }),
    ({ coordinate, scroll_direction, scroll_amount, text }, space) => [
      { type: "scroll", ...at(coordinate, space), ...distance(scroll_direction, scroll_amount * NOTCH), ...held(text) },
    ],
  ),
  wait: reads(z.object({ duration: seconds(100) }), ({ duration }) => [{ type: "wait", ms: duration }]),
  screenshot: (_input, _what, space) => [{ type: "screenshot", ...(space.scale !== 1 && { scale: space.scale }) }],
  zoom: reads(z.object({ region: z.tuple([z.number(), z.number(), z.number(), z.number()]) }), ({ region: corners }, space) => [
    { type: "zoom", region: region(corners, space) },
  ]),
};
