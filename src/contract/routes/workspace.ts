import { z } from "zod";
import type { Route } from "../route.ts";
import { archive, flag, onGuest } from "./shared.ts";

/** All that is in /home/ohm of a computer. */
export const workspace = {
  exportWorkspace: {
    method: "get",
    path: "/v1/computers/{id}/workspace",
    summary: "All of /home/ohm as tar.gz, as it is at one moment",
    status: 200,
    answer: archive,
    errors: [...onGuest, "machine_failed"],
    lane: "files",
    audited: true,
  },
  importWorkspace: {
    method: "put",
    path: "/v1/computers/{id}/workspace",
    summary: "Unpack a tar.gz into /home/ohm, over what is there or, with replace=1, instead of it; all of it is ohm's",
    query: z.strictObject({ replace: flag.default(false) }),
    body: archive,
    status: 204,
    errors: [...onGuest, "archive_invalid", "disk_full", "permission_denied", "machine_failed"],
    lane: "files",
  },
} as const satisfies Record<string, Route>;
