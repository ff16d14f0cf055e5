import { z } from "zod";
import type { Media } from "../route.ts";

/** What several resources have in common. */

export const bytes: Media = { media: "application/octet-stream", description: "The file's bytes" };
export const archive: Media = { media: "application/gzip", description: "The folder as tar.gz" };
export const flag = z.enum(["0", "1", "true", "false"]).transform((v) => v === "1" || v === "true");
export const list = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), next_cursor: z.string().nullable() });
export const onGuest = [
  "computer_not_found",
  "wrong_state",
  "guest_unreachable",
  "guest_link_lost",
  "guest_unresponsive",
  "machine_exited",
  "timeout",
] as const;
