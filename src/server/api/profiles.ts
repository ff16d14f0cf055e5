import type { Handlers } from "./operate.ts";

export const profileHandlers = (): Pick<Handlers, "listProfiles" | "getProfile" | "deleteProfile"> => ({
  listProfiles: ({ computers }) => ({ data: computers.profiles.list(), next_cursor: null }),
  getProfile: ({ params, query, computers }) => computers.profiles.get(params.profile, query.key_id),
  deleteProfile: ({ params, query, computers }) => computers.profiles.remove(params.profile, query.key_id),
});
