import { call, send } from "./call.ts";
import type { Guest } from "./guest.ts";
import type { Link } from "./link.ts";
import { readBody } from "./read.ts";

export const profileCalls = (link: Link): Pick<Guest, "readProfile" | "writeProfile"> => ({
  readProfile: async (close, signal) =>
    readBody((await send(link, { method: "GET", path: "/profile", query: { close: close ? 1 : undefined }, signal })).stream),
  writeProfile: (body, signal) => call(link, { method: "PUT", path: "/profile", body, signal }),
});
