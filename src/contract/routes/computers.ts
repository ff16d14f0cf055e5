import { z } from "zod";
import { Computer, CreateComputer, ForkComputer, Status, StopComputer, TemplateName } from "../computer.ts";
import type { Route } from "../route.ts";
import { flag, list } from "./shared.ts";

const ListQuery = z.strictObject({
  status: Status.optional(),
  template: TemplateName.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

/** Computers and their life. */
export const computers = {
  createComputer: {
    method: "post",
    path: "/v1/computers",
    summary: "Create a computer; waits until it is running and whole, unless wait=0",
    query: z.strictObject({ wait: flag.default(true) }),
    body: CreateComputer,
    status: 201,
    answer: Computer,
    errors: [
      "name_taken",
      "snapshot_not_found",
      "profile_not_found",
      "profile_in_use",
      "too_many_profiles",
      "wrong_state",
      "unsupported_option",
      "capacity_exceeded",
      "quota_exceeded",
      "idempotency_conflict",
      "machine_failed",
      "setup_incomplete",
      "timeout",
    ],
  },
  listComputers: {
    method: "get",
    path: "/v1/computers",
    summary: "List computers, newest first",
    query: ListQuery,
    status: 200,
    answer: list(Computer),
  },
  getComputer: {
    method: "get",
    path: "/v1/computers/{id}",
    summary: "One computer, by id or name",
    status: 200,
    answer: Computer,
    errors: ["computer_not_found"],
  },
  deleteComputer: {
    method: "delete",
    path: "/v1/computers/{id}",
    summary: "Delete a computer and all it has; repeating it is a success",
    status: 200,
    answer: Computer,
    errors: ["computer_not_found"],
  },
  stopComputer: {
    method: "post",
    path: "/v1/computers/{id}/stop",
    summary: "Stop a computer; its files stay, and its memory unless it is shut down",
    body: StopComputer,
    status: 200,
    answer: Computer,
    errors: ["computer_not_found", "wrong_state", "machine_failed"],
  },
  startComputer: {
    method: "post",
    path: "/v1/computers/{id}/start",
    summary: "Start a stopped computer, or one in error; a suspended one goes on where it was",
    status: 200,
    answer: Computer,
    errors: ["computer_not_found", "wrong_state", "quota_exceeded", "capacity_exceeded", "machine_failed", "timeout"],
  },
  forkComputer: {
    method: "post",
    path: "/v1/computers/{id}/fork",
    summary: "Copies of a computer as it is now, browser logins included, each with its own identity",
    body: ForkComputer,
    status: 201,
    answer: list(Computer),
    errors: ["computer_not_found", "wrong_state", "name_taken", "capacity_exceeded", "quota_exceeded", "machine_failed", "timeout"],
  },
} as const satisfies Record<string, Route>;
