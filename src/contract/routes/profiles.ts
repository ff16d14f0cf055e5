import { z } from "zod";
import { Profile } from "../profiles.ts";
import type { Route } from "../route.ts";
import { list } from "./shared.ts";

const ofKey = z.strictObject({
  key_id: z
    .string()
    .regex(/^key_[a-z0-9]{12}$/, "give the id of a key")
    .optional()
    .describe("For the operator: the key whose profile is meant, also one that is revoked"),
});

/** Browser profiles that outlive their computers. */
export const profiles = {
  listProfiles: {
    method: "get",
    path: "/v1/profiles",
    summary: "Kept browser profiles, by name; create makes one with browser.profile",
    status: 200,
    answer: list(Profile),
  },
  getProfile: {
    method: "get",
    path: "/v1/profiles/{profile}",
    summary: "One kept profile",
    query: ofKey,
    status: 200,
    answer: Profile,
    errors: ["profile_not_found"],
  },
  deleteProfile: {
    method: "delete",
    path: "/v1/profiles/{profile}",
    summary: "Delete a kept profile that no computer keeps; repeating it is a success",
    query: ofKey,
    status: 204,
    errors: ["profile_in_use"],
  },
} as const satisfies Record<string, Route>;
