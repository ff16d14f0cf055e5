import { z } from "zod";

/** Buttons of a mouse; X numbers them 1, 2, 3, 8 and 9. */
export const BUTTONS = ["left", "middle", "right", "back", "forward"] as const;
export const Button = z.enum(BUTTONS);
export type Button = z.infer<typeof Button>;

/** Vendors whose blocks an action call takes as they come from the model. */
export const DIALECTS = ["openai", "anthropic", "gemini", "kernel", "xdotool"] as const;
export const Dialect = z.enum(DIALECTS);
export type Dialect = z.infer<typeof Dialect>;

export const IMAGE_FORMATS = ["png", "jpeg", "webp"] as const;
export const ImageFormat = z.enum(IMAGE_FORMATS);
export type ImageFormat = z.infer<typeof ImageFormat>;

const MAX_TEXT = 1_000_000;
const MAX_KEYS = 16;
const noNul = (text: string) => !text.includes("\0");

/** A pixel of the screen. That it lies on the screen is checked against the screen's size when it is used. */
const coordinate = z.int().min(0).max(16383);
/** The name of a key: an X keysym (`Return`, `ctrl`, `F5`), a name of Playwright's or OpenAI's (`Enter`, `CTRL`, `ArrowLeft`), or one character. */
const Key = z.string().min(1).max(32).refine(noNul, "NUL is not a key");
const keys = z.array(Key).min(1).max(MAX_KEYS);
const heldKeys = z.array(Key).max(MAX_KEYS).optional().describe("Held while it is done");
const text = z.string().max(MAX_TEXT).refine(noNul, "NUL cannot be typed");
const button = Button.default("left");
const at = { x: coordinate.optional(), y: coordinate.optional() };
const milliseconds = (max: number) => z.int().min(0).max(max);

/** A rectangle of the screen. */
export const Region = z.strictObject({ x: coordinate, y: coordinate, width: z.int().min(1).max(16383), height: z.int().min(1).max(16383) });
export type Region = z.infer<typeof Region>;
const scale = z.number().min(0.05).max(4);

const bothOrNeither = (a: { x?: number | undefined; y?: number | undefined }) => (a.x === undefined) === (a.y === undefined);
const both = "give both x and y, or neither";

const SHAPES = [
  z.strictObject({ type: z.literal("move"), x: coordinate, y: coordinate }),
  z.strictObject({ type: z.literal("click"), ...at, button, count: z.int().min(1).max(3).default(1), keys: heldKeys }),
  z.strictObject({ type: z.literal("mouse_down"), ...at, button }),
  z.strictObject({ type: z.literal("mouse_up"), ...at, button }),
  z.strictObject({
    type: z.literal("drag"),
    path: z
      .array(z.tuple([coordinate, coordinate]))
      .min(2)
      .max(10_000),
    button,
    keys: heldKeys,
    duration_ms: milliseconds(60_000).optional(),
  }),
  z.strictObject({
    type: z.literal("scroll"),
    ...at,
    dx: z.int().min(-100_000).max(100_000).default(0).describe("Pixels, right is positive"),
    dy: z.int().min(-100_000).max(100_000).default(0).describe("Pixels, down is positive"),
    keys: heldKeys,
  }),
  z.strictObject({ type: z.literal("type"), text, delay_ms: milliseconds(1000).optional().describe("Between two characters") }),
  z.strictObject({ type: z.literal("key"), keys, repeat: z.int().min(1).max(1000).default(1) }),
  z.strictObject({ type: z.literal("hold_key"), keys, duration_ms: milliseconds(100_000) }),
  z.strictObject({ type: z.literal("key_down"), key: Key }),
  z.strictObject({ type: z.literal("key_up"), key: Key }),
  z.strictObject({ type: z.literal("wait"), ms: milliseconds(100_000) }),
  z.strictObject({ type: z.literal("screenshot"), format: ImageFormat.default("png"), scale: scale.optional(), region: Region.optional() }),
  z.strictObject({ type: z.literal("zoom"), region: Region, format: ImageFormat.default("png") }),
  z.strictObject({ type: z.literal("cursor_position") }),
  z.strictObject({ type: z.literal("clipboard_get") }),
  z.strictObject({ type: z.literal("clipboard_set"), text }),
  z.strictObject({ type: z.literal("paste"), text }),
  z.strictObject({ type: z.literal("navigate"), url: z.string().min(1).max(8192) }),
  z.strictObject({ type: z.literal("back") }),
  z.strictObject({ type: z.literal("forward") }),
  z.strictObject({ type: z.literal("reload") }),
  z.strictObject({ type: z.literal("tabs") }),
  z.strictObject({ type: z.literal("new_tab"), url: z.string().min(1).max(8192).optional() }),
  z.strictObject({ type: z.literal("switch_tab"), tab_id: z.string().min(1).max(64) }),
  z.strictObject({ type: z.literal("close_tab"), tab_id: z.string().min(1).max(64) }),
] as const;

/** One thing that a person could do at the computer. */
export const Action = z
  .discriminatedUnion("type", SHAPES)
  .refine((action) => !("x" in action || "y" in action) || bothOrNeither(action), both)
  .meta({ id: "Action" });
export type Action = z.infer<typeof Action>;
export type ActionInput = z.input<typeof Action>;
export type ActionType = Action["type"];

export const Picture = z
  .object({
    media_type: z.enum(["image/png", "image/jpeg", "image/webp"]),
    data: z.string().describe("base64"),
    width: z.int(),
    height: z.int(),
    hash: z.string().describe("Of the pixels; the same for the same picture"),
  })
  .meta({ id: "Picture" });
export type Picture = z.infer<typeof Picture>;

export const Tab = z.object({ tab_id: z.string(), title: z.string(), url: z.string(), active: z.boolean() });
export type Tab = z.infer<typeof Tab>;

export const ActionResult = z
  .object({
    type: z.string(),
    ok: z.boolean(),
    /** It was not tried, because one before it failed. */
    skipped: z.boolean().optional(),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    screenshot: Picture.optional(),
    x: z.int().optional(),
    y: z.int().optional(),
    text: z.string().optional(),
    url: z.string().optional(),
    tabs: z.array(Tab).optional(),
  })
  .meta({ id: "ActionResult" });
export type ActionResult = z.infer<typeof ActionResult>;

export const MAX_ACTIONS = 100;
