import { CreatedKey, CreateKey, Key } from "../keys.ts";
import type { Route } from "../route.ts";
import { list } from "./shared.ts";

/** API keys, made and revoked with the operator's. */
export const keys = {
  createKey: {
    method: "post",
    path: "/v1/keys",
    summary: "An API key that sees nothing but its own computers; its secret is in this answer alone",
    body: CreateKey,
    status: 201,
    answer: CreatedKey,
    auth: "operator",
  },
  listKeys: {
    method: "get",
    path: "/v1/keys",
    summary: "API keys with their quotas and what they use, newest first, those revoked too",
    status: 200,
    answer: list(Key),
    auth: "operator",
  },
  deleteKey: {
    method: "delete",
    path: "/v1/keys/{key_id}",
    summary: "Revoke a key and all links to its computers, which stay; ends what is open with them. Repeating it is a success",
    status: 204,
    errors: ["key_not_found"],
    auth: "operator",
  },
} as const satisfies Record<string, Route>;
