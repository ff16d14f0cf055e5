import { z } from "zod";
import { LOG_SOURCES } from "./log-sources.ts";

export const LogQuery = z.strictObject({
  source: z.enum(LOG_SOURCES).default("console"),
  tail_bytes: z.coerce
    .number()
    .int()
    .min(1)
    .max(256 * 1024)
    .default(64 * 1024)
    .describe("How much of its end; a guest keeps some 128 KiB of each, and 64 of its console"),
});
