import { z } from "zod";

export const ProfileName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "use 1 to 63 lower-case letters, digits and inner hyphens");

/** Profiles that one key, or the operator, may have. */
export const MAX_PROFILES = 256;
/** The largest that a profile may be as it is kept, compressed. MiB. */
export const MAX_PROFILE_MB = 2048;

/** `"name"` is the same as `{name: "name"}`. */
export const UseProfile = z.union([
  ProfileName.transform((name) => ({ name, save: true })),
  z.strictObject({
    name: ProfileName,
    save: z
      .boolean()
      .default(true)
      .describe("False: what this computer changes is not kept, and any number of computers may begin with it so"),
  }),
]);

/** What a browser knows - logins, cookies, storage, history, settings - kept from one computer to the next. */
export const Profile = z
  .object({
    name: z.string(),
    key_id: z.string().nullable().describe("The key whose it is; null: the operator's"),
    saved_at: z.iso.datetime(),
    size_bytes: z.int(),
    computer_id: z.string().nullable().describe("The computer that has it now and keeps what it changes; null: it is free"),
  })
  .meta({ id: "Profile" });
export type Profile = z.infer<typeof Profile>;
