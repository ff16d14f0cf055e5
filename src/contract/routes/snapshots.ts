import { Computer } from "../computer.ts";
import type { Route } from "../route.ts";
import { CreateSnapshot, Snapshot } from "../snapshots.ts";
import { list } from "./shared.ts";

/** Snapshots of a computer's workspace. */
export const snapshots = {
  createSnapshot: {
    method: "post",
    path: "/v1/computers/{id}/snapshots",
    summary: "Keep what /home/ohm is now; a running computer goes on",
    body: CreateSnapshot,
    status: 201,
    answer: Snapshot,
    errors: [
      "computer_not_found",
      "wrong_state",
      "too_many_snapshots",
      "machine_failed",
      "guest_unreachable",
      "guest_link_lost",
      "timeout",
    ],
  },
  listSnapshots: {
    method: "get",
    path: "/v1/computers/{id}/snapshots",
    summary: "A computer's snapshots, newest first; they go with the computer",
    status: 200,
    answer: list(Snapshot),
    errors: ["computer_not_found"],
  },
  deleteSnapshot: {
    method: "delete",
    path: "/v1/computers/{id}/snapshots/{sid}",
    summary: "Delete a snapshot; repeating it is a success",
    status: 204,
    errors: ["computer_not_found", "wrong_state", "machine_failed"],
  },
  restoreSnapshot: {
    method: "post",
    path: "/v1/computers/{id}/snapshots/{sid}/restore",
    summary: "Make /home/ohm of a stopped computer what it was; what was written since is gone, and the memory of a suspended one",
    status: 200,
    answer: Computer,
    errors: ["computer_not_found", "snapshot_not_found", "wrong_state", "machine_failed"],
  },
} as const satisfies Record<string, Route>;
