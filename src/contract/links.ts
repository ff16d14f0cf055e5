import { z } from "zod";

/** What a link may do; each grants exactly its own. */
export const POWERS = ["cdp", "view", "control"] as const;
export const Power = z.enum(POWERS);
export type Power = z.infer<typeof Power>;

export const CreateLink = z.strictObject({
  power: Power,
  ttl_s: z
    .int()
    .min(1)
    .max(30 * 86400)
    .default(3600),
});

export const Link = z
  .object({
    link_id: z.string(),
    url: z.string(),
    ws_url: z.string(),
    token: z.string(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: "Link" });
export type Link = z.infer<typeof Link>;
