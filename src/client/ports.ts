import type { PortState, PublishedPort } from "../contract/ports.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** Beyond the wait itself. */
const WAIT_GRACE_MS = 30_000;
const WAIT_S = 60;

/** The ports of one computer's loopback that have a URL. */
export class Ports {
  readonly #transport: Transport;
  readonly #base: string;

  constructor(transport: Transport, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  /** Gives a port a URL: for everybody with `public`, otherwise for who has `link_url` or another link to it. Errors: port_not_publishable. */
  async publish(port: number, options: CallOptions & { public?: boolean } = {}): Promise<PublishedPort> {
    const { public: open = false, ...call } = options;
    return this.#transport.json({ ...call, method: "POST", path: this.#base, body: { json: { port, public: open } } });
  }

  /** The ports that are published. */
  async list(options: CallOptions = {}): Promise<PublishedPort[]> {
    return (await this.#transport.json<{ data: PublishedPort[] }>({ ...options, method: "GET", path: this.#base })).data;
  }

  /** One, and whether a server listens there now. Errors: port_not_published, wrong_state. */
  async get(port: number, options: CallOptions = {}): Promise<PortState> {
    return this.#transport.json({ ...options, method: "GET", path: `${this.#base}/${port}` });
  }

  /** Resolves when a server listens there, within `wait_s` seconds (60). Errors: timeout, port_not_published, wrong_state. */
  async wait(port: number, options: CallOptions & { wait_s?: number } = {}): Promise<PortState> {
    const { wait_s = WAIT_S, timeoutMs = wait_s * 1000 + WAIT_GRACE_MS, signal } = options;
    return this.#transport.json({ signal, timeoutMs, method: "GET", path: `${this.#base}/${port}`, query: { wait_s } });
  }

  /** Takes the URL away, revokes the port's links and ends its connections. Repeating it is a success. */
  async unpublish(port: number, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: `${this.#base}/${port}` });
  }
}
