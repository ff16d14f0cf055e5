import type { Route } from "../route.ts";
import { CreatedWebhook, CreateWebhook, Webhook } from "../webhooks.ts";
import { list } from "./shared.ts";

/** Where events are sent as they happen. */
export const webhooks = {
  createWebhook: {
    method: "post",
    path: "/v1/webhooks",
    summary:
      "POST the events that this key sees to a URL, each until it is taken; the secret that they are signed with is in this answer alone",
    body: CreateWebhook,
    status: 201,
    answer: CreatedWebhook,
    errors: ["quota_exceeded"],
  },
  listWebhooks: {
    method: "get",
    path: "/v1/webhooks",
    summary: "The key's webhooks, how far they are and why they are not further, newest first; the operator's key lists all",
    status: 200,
    answer: list(Webhook),
  },
  deleteWebhook: {
    method: "delete",
    path: "/v1/webhooks/{webhook_id}",
    summary: "Send nothing there any more",
    status: 204,
    errors: ["webhook_not_found"],
  },
} as const satisfies Record<string, Route>;
