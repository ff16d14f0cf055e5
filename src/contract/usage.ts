import { z } from "zod";

/** What a running computer uses of the host. */
export const Usage = z
  .object({
    computer_id: z.string(),
    cpu_s: z
      .number()
      .describe("Processor time of the host that its machine has used since it started; two looks tell the load between them"),
    memory_mb: z.int().describe("Memory of the host that it has for itself; what it shares with others of its template is not counted"),
  })
  .meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;
