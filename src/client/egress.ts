import type { Network, NetworkTrial, PatchNetworkInput } from "../contract/network.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** What one computer reaches of the network. */
export class Egress {
  readonly #transport: Transport;
  readonly #path: string;

  constructor(transport: Transport, path: string) {
    this.#transport = transport;
    this.#path = path;
  }

  /** The policy, and how many bytes went where. */
  async get(options: CallOptions = {}): Promise<Network> {
    return this.#transport.json({ ...options, method: "GET", path: this.#path });
  }

  /** What a change would allow of what was refused, and what it would not. Changes nothing. Errors: invalid_request. */
  async try(change: PatchNetworkInput, options: CallOptions = {}): Promise<NetworkTrial> {
    return this.#transport.json({ ...options, method: "POST", path: `${this.#path}/trial`, body: { json: change } });
  }

  /** Changes the fields that are given. Holds at once, and ends connections that are no longer allowed. Errors: invalid_request, wrong_state. */
  async set(change: PatchNetworkInput, options: CallOptions = {}): Promise<Network> {
    return this.#transport.json({ ...options, method: "PATCH", path: this.#path, body: { json: change } });
  }
}
