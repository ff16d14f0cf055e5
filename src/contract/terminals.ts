import { z } from "zod";
import { command, oneOf } from "./exec.ts";

const columns = z.int().min(1).max(1000);
const rows = z.int().min(1).max(1000);

export const TerminalId = z.string().regex(/^trm_[0-9]{1,7}_[0-9a-z]{1,12}$/);

export const CreateTerminal = z
  .strictObject({ ...command, columns: columns.default(80), rows: rows.default(24) })
  .refine((v) => (v.command === undefined && v.argv === undefined) || oneOf(v), "give command or argv, or neither for a login shell")
  .meta({ id: "CreateTerminal" });
export type CreateTerminal = z.infer<typeof CreateTerminal>;
export type CreateTerminalInput = z.input<typeof CreateTerminal>;

const info = {
  terminal_id: z.string(),
  command: z.string().describe("What runs on it"),
  user: z.string(),
  started_at: z.iso.datetime(),
};
export const Terminal = z.object(info).meta({ id: "Terminal" });
export type Terminal = z.infer<typeof Terminal>;

export const CreatedTerminal = z
  .object({
    ...info,
    ws_url: z.string().describe("A link with power terminal, good for an hour; an API key opens the same URL without its token"),
    link_id: z.string(),
    token: z.string(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: "CreatedTerminal" });
export type CreatedTerminal = z.infer<typeof CreatedTerminal>;

/** A text message of a client; its binary ones are keys. */
export const TerminalResize = z.strictObject({ type: z.literal("resize"), columns, rows });
export type TerminalResize = z.infer<typeof TerminalResize>;

/** The one text message of the service, and its last before it closes with 1000; its binary ones are what the terminal shows. */
export interface TerminalExit {
  type: "exit";
  /** Null when a signal ended it. */
  exit_code: number | null;
  signal: string | null;
}
