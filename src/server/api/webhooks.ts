import type { Webhook } from "../../contract/webhooks.ts";
import type { WebhookRecord } from "../store/webhooks.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

const viewOf = ({ key_id: _, secret: __, disabled_at, ...hook }: WebhookRecord): Webhook => ({
  ...hook,
  status: disabled_at === null ? "active" : "disabled",
});

export const webhookHandlers = ({ webhooks }: Context): Pick<Handlers, "createWebhook" | "listWebhooks" | "deleteWebhook"> => ({
  createWebhook: ({ caller, body, response }) => {
    response.setHeader("Cache-Control", "no-store");
    const made = webhooks.create(caller, body);
    return { ...viewOf(made), secret: made.secret };
  },
  listWebhooks: ({ caller }) => ({ data: webhooks.list(caller).map(viewOf), next_cursor: null }),
  deleteWebhook: ({ caller, params }) => webhooks.remove(caller, params.webhook_id),
});
