import type { CreatedKey, CreateKeyInput, Key } from "../contract/keys.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

const PATH = "/v1/keys";

/** The API keys of a service. Errors: operator_only, with any key but the operator's. */
export class Keys {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Makes a key that sees its own computers alone. `key` of the answer is the only sight of its secret. */
  async create(input: CreateKeyInput, options: CallOptions = {}): Promise<CreatedKey> {
    return this.#transport.json({ ...options, method: "POST", path: PATH, body: { json: input } });
  }

  /** Newest first, those revoked too. */
  async list(options: CallOptions = {}): Promise<Key[]> {
    return (await this.#transport.json<{ data: Key[] }>({ ...options, method: "GET", path: PATH })).data;
  }

  /** Ends a key and what is open with it; its computers stay. Repeating it is a success. Errors: key_not_found. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: `${PATH}/${encodeURIComponent(id)}` });
  }
}
