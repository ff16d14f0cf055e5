import type { Computer as ComputerRecord } from "../contract/computer.ts";
import type { CreateLinkInput, Link, LinkInfo, Power } from "../contract/links.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** URLs that grant one power over one computer each, for a time. */
export class Links {
  readonly #transport: Transport;
  readonly #base: string;
  readonly #onRenewed: (record: ComputerRecord) => void;

  constructor(transport: Transport, base: string, onRenewed: (record: ComputerRecord) => void) {
    this.#transport = transport;
    this.#base = base;
    this.#onRenewed = onRenewed;
  }

  /** One for `ttl_s` seconds (an hour), `one_time` if it may be used once. Errors: no_browser, no_display, port_not_published. */
  async create(power: Power, options: CallOptions & Omit<CreateLinkInput, "power"> = {}): Promise<Link> {
    const { signal, timeoutMs, ...limits } = options;
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: this.#base, body: { json: { power, ...limits } } });
  }

  /** Those that are good, the newest first. Their tokens were told when they were made. */
  async list(options: CallOptions = {}): Promise<LinkInfo[]> {
    return (await this.#transport.json<{ data: LinkInfo[] }>({ ...options, method: "GET", path: this.#base })).data;
  }

  /** Ends a link and what it opened. Repeating it is a success. */
  async revoke(linkId: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: `${this.#base}/${encodeURIComponent(linkId)}` });
  }

  /** New URLs in the computer's own record; what the old ones opened is ended. */
  async renew(options: CallOptions = {}): Promise<void> {
    this.#onRenewed(await this.#transport.json<ComputerRecord>({ ...options, method: "POST", path: `${this.#base}/renew` }));
  }
}
