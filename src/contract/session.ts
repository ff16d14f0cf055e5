import { z } from "zod";

/** Who calls: whose key it is, by itself or behind the cookie of a browser that signed in with it. */
export const Session = z
  .object({
    id: z.string().nullable().describe("Null: the caller showed the key itself"),
    key_id: z.string().nullable().describe("Null: the operator's key, which sees everything"),
    name: z.string().describe("The key's name; `operator` of the operator's"),
    expires_at: z.iso
      .datetime()
      .nullable()
      .describe("When the browser has to sign in again; null: there is no session, or no end of the key"),
  })
  .meta({ id: "Session" });
export type Session = z.infer<typeof Session>;
