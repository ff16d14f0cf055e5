import type { CreatedWebhook, CreateWebhookInput, Webhook } from "../contract/webhooks.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

const PATH = "/v1/webhooks";

/** Where the events that the API key sees are sent as they happen. */
export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** POSTs each event to a URL. `secret` of the answer is the only sight of what deliveries are signed with. Errors: invalid_request, quota_exceeded. */
  async create(input: CreateWebhookInput, options: CallOptions = {}): Promise<CreatedWebhook> {
    return this.#transport.json({ ...options, method: "POST", path: PATH, body: { json: input } });
  }

  /** Newest first. */
  async list(options: CallOptions = {}): Promise<Webhook[]> {
    return (await this.#transport.json<{ data: Webhook[] }>({ ...options, method: "GET", path: PATH })).data;
  }

  /** Sends nothing there any more. Errors: webhook_not_found. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: `${PATH}/${encodeURIComponent(id)}` });
  }
}
