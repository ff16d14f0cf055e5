import { z } from "zod";

/** What a text that people read in lists may hold: one line, without what a terminal would obey. */
const label = z
  .string()
  .trim()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,100}$/u, "use 1 to 100 characters on one line");
const limit = (what: string) =>
  z
    .int()
    .min(0)
    .max(2 ** 40)
    .nullable()
    .default(null)
    .describe(`${what}; null: no limit but the host's`);

/** How much a key may have at once. */
const QUOTAS = {
  max_computers: limit("Computers that are not deleted"),
  max_vcpus: limit("Cores of computers that are not stopped"),
  max_ram_mb: limit("MiB of memory of computers that are not stopped"),
  max_disk_mb: limit("MiB of the disks of all its computers"),
  max_recording_mb: limit("MiB that its recordings take"),
};

export const CreateKey = z.strictObject({
  name: label,
  owner: label.nullable().default(null).describe("Whose it is; a label and nothing more"),
  ...QUOTAS,
  requests_per_minute: z.int().min(1).max(1_000_000).default(3000),
  expires_in_s: z
    .int()
    .min(1)
    .max(3650 * 86400)
    .optional()
    .describe("Default: until it is revoked"),
});
export type CreateKey = z.output<typeof CreateKey>;
export type CreateKeyInput = z.input<typeof CreateKey>;

const shape = {
  id: z.string(),
  name: z.string(),
  owner: z.string().nullable(),
  ...QUOTAS,
  requests_per_minute: z.int(),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable().describe("Revoked or expired then"),
  usage: z.object({
    computers: z.int(),
    vcpus: z.int(),
    ram_mb: z.int(),
    disk_mb: z.int(),
    recording_mb: z.int(),
  }),
};
export const Key = z.object(shape).meta({ id: "Key" });
export type Key = z.output<typeof Key>;

export const CreatedKey = z
  .object({ ...shape, key: z.string().describe("The key itself; it is not shown again") })
  .meta({ id: "CreatedKey" });
export type CreatedKey = z.output<typeof CreatedKey>;
