import { z } from "zod";

/** Snapshots that one computer may have. */
export const MAX_SNAPSHOTS = 16;

export const SnapshotId = z.string().regex(/^snp_[a-z0-9]{12}$/, "give the id of a snapshot");

export const CreateSnapshot = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^\x00-\x1f\x7f]*$/, "use one line without control characters")
    .optional()
    .describe("For people; several may have the same"),
});
export type CreateSnapshot = z.infer<typeof CreateSnapshot>;

/** What /home/ohm of a computer was at one moment. */
export const Snapshot = z
  .object({
    id: z.string(),
    computer_id: z.string(),
    name: z.string().nullable(),
    created_at: z.iso.datetime(),
    size_bytes: z.int().describe("What the workspace took of the host's disk at that moment; what has not changed since is kept once"),
    workspace_quota_mb: z.int().describe("What the workspace could hold then, and a restored one can"),
  })
  .meta({ id: "Snapshot" });
export type Snapshot = z.infer<typeof Snapshot>;
