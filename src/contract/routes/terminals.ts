import type { Route } from "../route.ts";
import { CreatedTerminal, CreateTerminal, Terminal } from "../terminals.ts";
import { list, onGuest } from "./shared.ts";

/** Commands on a terminal, which people and programs attach to and leave. */
export const terminals = {
  createTerminal: {
    method: "post",
    path: "/v1/computers/{id}/terminals",
    summary: "Run a command, or a login shell, on a terminal. A WebSocket upgrade on ws_url attaches to it",
    body: CreateTerminal,
    status: 201,
    answer: CreatedTerminal,
    errors: onGuest,
    lane: "commands",
  },
  listTerminals: {
    method: "get",
    path: "/v1/computers/{id}/terminals",
    summary: "The terminals that run, attached to or not",
    status: 200,
    answer: list(Terminal),
    errors: onGuest,
    lane: "commands",
  },
  deleteTerminal: {
    method: "delete",
    path: "/v1/computers/{id}/terminals/{terminal_id}",
    summary: "Hang up: the terminal's programs hear that it is gone. Repeating it is a success",
    status: 204,
    errors: [...onGuest, "terminal_not_found"],
    lane: "commands",
  },
} as const satisfies Record<string, Route>;
