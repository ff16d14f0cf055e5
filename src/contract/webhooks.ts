import { z } from "zod";
import { EventTypes } from "./events.ts";

/** The types that an entry of `events` stands for: one type, or all below what comes before a dot, like `computer` or `computer.`. */
export const typesBelow = (entry: string) => EventTypes.filter((type) => type === entry || type.startsWith(`${entry.replace(/\.$/, "")}.`));

const target = z
  .url({ protocol: /^https?$/, error: "give an http or https URL" })
  .max(2000)
  .refine((text) => URL.canParse(text) && new URL(text).username === "" && new URL(text).password === "", "leave out user and password")
  .describe("Where each event is POSTed to");
const entries = z
  .array(
    z
      .string()
      .refine((entry) => typesBelow(entry).length > 0, "give types of events, or what they begin with, like computer or recording.ended"),
  )
  .max(50)
  .describe("Types of events, or what they begin with up to a dot; empty: all");
const SECRET_BYTES = [24, 64] as const;

export const CreateWebhook = z.strictObject({
  url: target,
  events: entries.default([]),
  secret: z
    .string()
    .max(100)
    .refine((text) => {
      const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
      const { length } = Buffer.from(base64, "base64");
      return length >= SECRET_BYTES[0] && length <= SECRET_BYTES[1];
    }, `give whsec_ and the base64 of ${SECRET_BYTES[0]} to ${SECRET_BYTES[1]} random bytes, or nothing`)
    .optional()
    .describe("What deliveries are signed with, as Standard Webhooks has it: whsec_ and base64. Default: one is made"),
  after: z
    .union([z.literal("latest"), z.int().min(0)])
    .default("latest")
    .describe("Begin after the event with this id; `latest`: with what happens from now on"),
});
export type CreateWebhook = z.output<typeof CreateWebhook>;
export type CreateWebhookInput = z.input<typeof CreateWebhook>;

const shape = {
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  status: z.enum(["active", "disabled"]).describe("disabled: it failed for too long, or answered 410; nothing is sent any more"),
  created_at: z.iso.datetime(),
  position: z
    .int()
    .describe("The id of the last event that was taken, or that it began after; `after` of another webhook goes on from there"),
  delivered_at: z.iso.datetime().nullable().describe("When an event was taken last"),
  attempts: z.int().describe("How often the event after that was sent in vain"),
  next_attempt_at: z.iso.datetime().nullable().describe("When it is sent again; null: nothing failed, or it is disabled"),
  last_error: z.string().nullable().describe("Why it was not taken"),
};
export const Webhook = z.object(shape).meta({ id: "Webhook" });
export type Webhook = z.output<typeof Webhook>;

export const CreatedWebhook = z
  .object({ ...shape, secret: z.string().describe("What deliveries are signed with; it is not shown again") })
  .meta({ id: "CreatedWebhook" });
export type CreatedWebhook = z.output<typeof CreatedWebhook>;
