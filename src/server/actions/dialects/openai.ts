import { z } from "zod";
import type { Button } from "../../../contract/actions.ts";
import { parse } from "../../parse.ts";
import type { DialectAdapter, DialectOutcome } from "../dialect.ts";
import { holding } from "./hold.ts";
import { failure, pictureOf } from "./outcome.ts";
import { checked, isRecord, type Reader, reads, refused, rowFor } from "./reading.ts";
import { scaled } from "./scale.ts";
import type { Space } from "./space.ts";

/** How long `wait` waits: the model names no time, and OpenAI's own loop takes two seconds. */
const WAIT_MS = 2000;

const BUTTONS = {
  left: "left",
  right: "right",
  wheel: "middle",
  middle: "middle",
  back: "back",
  forward: "forward",
} as const satisfies Record<string, Button>;
const button = z.enum(Object.keys(BUTTONS) as (keyof typeof BUTTONS)[]).default("left");
const keys = z
  .array(z.string())
  .nullish()
  .transform((held) => held ?? []);
const point = { x: z.number(), y: z.number() };
const pathPoint = z.union([z.object(point), z.tuple([z.number(), z.number()]).transform(([x, y]) => ({ x, y }))]);
const pixels = z.number().transform(Math.round).optional();
const held = (names: string[]) => (names.length > 0 ? { keys: names } : {});

const ACTIONS: Record<string, Reader<Space>> = {
  click: reads(z.object({ ...point, button, keys }), ({ x, y, button, keys }, space) => [
    { type: "click", ...space.toScreen(x, y), button: BUTTONS[button], ...held(keys) },
  ]),
  double_click: reads(z.object({ ...point, keys }), ({ x, y, keys }, space) => [
    { type: "click", ...space.toScreen(x, y), count: 2, ...held(keys) },
  ]),
  drag: reads(z.object({ path: z.array(pathPoint).min(2), keys }), ({ path, keys }, space) => [
    {
      type: "drag",
      path: path.map(({ x, y }) => {
        const at = space.toScreen(x, y);
        return [at.x, at.y] as [number, number];
      }),
      ...held(keys),
    },
  ]),
  keypress: reads(z.object({ keys: z.array(z.string()).min(1) }), ({ keys }) => [{ type: "key", keys }]),
  move: reads(z.object({ ...point, keys }), ({ x, y, keys }, space) => holding(keys, [{ type: "move", ...space.toScreen(x, y) }])),
  // Every answer carries a picture.
  screenshot: () => [],
  scroll: reads(
    z.object({ ...point, scroll_x: pixels, scroll_y: pixels, scrollX: pixels, scrollY: pixels, keys }),
    ({ x, y, scroll_x, scroll_y, scrollX, scrollY, keys }, space) => [
      { type: "scroll", ...space.toScreen(x, y), dx: scroll_x ?? scrollX ?? 0, dy: scroll_y ?? scrollY ?? 0, ...held(keys) },
    ],
  ),
  type: reads(z.object({ text: z.string() }), ({ text }) => [{ type: "type", text }]),
  wait: () => [{ type: "wait", ms: WAIT_MS }],
};

const SafetyCheck = z.looseObject({ id: z.string(), code: z.string().nullish(), message: z.string().nullish() });
type SafetyCheck = z.output<typeof SafetyCheck>;
const checks = z.array(SafetyCheck).nullish();

/** A computer_call of the Responses API, or the input that the AI SDK makes of one. */
const Call = z.object({
  call_id: z.string().optional(),
  action: z.unknown().optional(),
  actions: z.array(z.unknown()).min(1).nullish(),
  pending_safety_checks: checks,
  pendingSafetyChecks: checks,
  acknowledged_safety_checks: checks,
  acknowledgedSafetyChecks: checks,
  screenshot: z.literal("after", "a computer_call_output always carries a screenshot").optional(),
});
type Call = z.output<typeof Call>;

/** A call as such, a call as the only one of `actions`, or one action that stands alone. */
const callOf = (body: unknown): Call => {
  if (!isRecord(body)) throw refused("the body is a computer_call, or has action or actions");
  if (body.type !== undefined && body.type !== "computer_call") {
    const { acknowledged_safety_checks: _, screenshot, ...action } = body;
    return parse(Call, { action, screenshot }, "body");
  }
  const call = parse(Call, body, "body");
  const [only, more] = call.actions ?? [];
  if (!isRecord(only) || only.type !== "computer_call") return call;
  if (more !== undefined) throw refused("actions holds several blocks; send each computer_call in a call of its own");
  return { ...parse(Call, only, "actions.0"), acknowledged_safety_checks: call.acknowledged_safety_checks };
};

const acknowledged = (call: Call): SafetyCheck[] => {
  const pending = call.pending_safety_checks ?? call.pendingSafetyChecks ?? [];
  const known = new Set((call.acknowledged_safety_checks ?? call.acknowledgedSafetyChecks ?? []).map(({ id }) => id));
  const open = pending.filter(({ id }) => !known.has(id));
  if (open.length === 0) return pending;
  const names = open.map(({ id, code }) => (code ? `${id} (${code})` : id)).join(", ");
  throw refused(
    `the call has pending safety checks: ${names}. When a person has agreed, send it again with them in acknowledged_safety_checks`,
  );
};

const answer = (call: Call, agreed: SafetyCheck[], outcome: DialectOutcome): unknown => {
  const picture = pictureOf(outcome);
  const url = `data:${picture.media_type};base64,${picture.data}`;
  if (call.pendingSafetyChecks !== undefined)
    return { output: { type: "computer_screenshot", imageUrl: url }, ...(agreed.length > 0 && { acknowledgedSafetyChecks: agreed }) };
  return {
    type: "computer_call_output",
    ...(call.call_id !== undefined && { call_id: call.call_id }),
    output: { type: "computer_screenshot", image_url: url },
    ...(agreed.length > 0 && { acknowledged_safety_checks: agreed }),
    // The block has no place for a reason; the picture shows how far it came.
    ...(failure(outcome.results) && { status: "incomplete" }),
  };
};

/** OpenAI's computer tool: `computer_call` with `action` or `actions`, and `computer_call_output`. Scrolls in pixels. */
export const openai: DialectAdapter = {
  read: (body, screen) => {
    const call = callOf(body);
    const given = call.actions ?? (call.action === undefined ? [] : [call.action]);
    if (given.length === 0) throw refused("the computer_call has neither action nor actions");
    const agreed = acknowledged(call);
    const space = scaled(screen);
    const actions = given.flatMap((action, i) => {
      const what = call.actions ? `actions.${i}` : "action";
      if (!isRecord(action) || typeof action.type !== "string") throw refused(`${what} has no type`);
      return rowFor(ACTIONS, action.type, `${what}.type`)(action, what, space);
    });
    const write = (outcome: DialectOutcome) => answer(call, agreed, outcome);
    // A call for nothing but a picture needs none to be taken after.
    if (actions.length === 0) return { actions: [{ type: "screenshot" }], screenshot: "none", write };
    return { actions: checked(actions), screenshot: "after", write };
  },
};
