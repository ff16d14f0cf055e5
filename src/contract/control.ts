import { z } from "zod";

/** Who can drive a computer: a program, or a person at the live view. */
export const HOLDERS = ["agent", "person"] as const;
export const Holder = z.enum(HOLDERS);
export type Holder = z.infer<typeof Holder>;

export const TakeControl = z.strictObject({
  holder: Holder,
  name: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .regex(/^[^\p{C}]*$/u, "use printable characters")
    .optional()
    .describe("Shown to everyone else"),
  ttl_s: z.int().min(1).max(86400).default(3600).describe("It ends by itself after this many seconds; taking it again renews it"),
});
export type TakeControl = z.infer<typeof TakeControl>;

/** Who drives now; `holder` is null when nobody has taken it, and anybody may act. */
export const Control = z
  .object({
    holder: Holder.nullable(),
    name: z.string().nullable(),
    since: z.iso.datetime().nullable(),
    expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "Control" });
export type Control = z.infer<typeof Control>;
