import { z } from "zod";
import { Port } from "./network.ts";
import { TerminalId } from "./terminals.ts";

/** What a link may do; each grants exactly its own, and control grants view. */
export const POWERS = ["cdp", "view", "control", "files", "port", "terminal"] as const;
export const Power = z.enum(POWERS);
export type Power = z.infer<typeof Power>;

export const CreateLink = z
  .strictObject({
    power: Power,
    port: Port.optional().describe("With power port alone: which of the published ports"),
    terminal_id: TerminalId.optional().describe("With power terminal alone: which of the terminals"),
    read_only: z.boolean().optional().describe("With power files alone: nothing may be written"),
    one_time: z.boolean().default(false).describe("It opens once: one WebSocket, one live page, one call about files, one visit of a port"),
    ttl_s: z
      .int()
      .min(1)
      .max(30 * 86400)
      .default(3600),
  })
  .refine(({ power, port }) => (power === "port") === (port !== undefined), {
    path: ["port"],
    message: "give a port with power port, and with no other",
  })
  .refine(({ power, terminal_id }) => (power === "terminal") === (terminal_id !== undefined), {
    path: ["terminal_id"],
    message: "give a terminal_id with power terminal, and with no other",
  })
  .refine(({ power, read_only }) => power === "files" || read_only === undefined, {
    path: ["read_only"],
    message: "only power files can be read_only",
  })
  .meta({ id: "CreateLink" });
export type CreateLink = z.infer<typeof CreateLink>;
export type CreateLinkInput = z.input<typeof CreateLink>;

export const Link = z
  .object({
    link_id: z.string(),
    url: z.string(),
    ws_url: z.string().nullable().describe("Null for power files"),
    token: z.string(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: "Link" });
export type Link = z.infer<typeof Link>;

/** A link as a list shows it; its token was shown when it was made, and never again. */
export const LinkInfo = z
  .object({
    link_id: z.string(),
    power: Power,
    port: Port.nullable(),
    terminal_id: z.string().nullable(),
    read_only: z.boolean(),
    one_time: z.boolean(),
    own: z.boolean().describe("One of those in the computer's own record"),
    uses: z.int().describe("How often its token let somebody in; DevTools discovery is not counted"),
    created_at: z.iso.datetime().nullable().describe("Null: made by an earlier release"),
    expires_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "LinkInfo" });
export type LinkInfo = z.infer<typeof LinkInfo>;
