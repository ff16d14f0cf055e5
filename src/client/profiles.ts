import type { Profile } from "../contract/profiles.ts";
import type { CallOptions } from "./deadline.ts";
import type { Transport } from "./transport.ts";

const PATH = "/v1/profiles";

/** Whose profile is meant: for the operator, who names other keys' by the key's id. */
export interface ProfileOptions extends CallOptions {
  key_id?: string;
}

/** Browser profiles that outlive their computers. One is made, and from then on kept, by a computer that is created with `browser.profile`. */
export class Profiles {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** By name. */
  async list(options: CallOptions = {}): Promise<Profile[]> {
    return (await this.#transport.json<{ data: Profile[] }>({ ...options, method: "GET", path: PATH })).data;
  }

  /** Errors: profile_not_found. */
  async get(name: string, options: ProfileOptions = {}): Promise<Profile> {
    return this.#transport.json({ ...this.#call(name, options), method: "GET" });
  }

  /** Repeating it is a success. Errors: profile_in_use, while a computer keeps it. */
  async delete(name: string, options: ProfileOptions = {}): Promise<void> {
    await this.#transport.json({ ...this.#call(name, options), method: "DELETE" });
  }

  #call(name: string, { key_id, ...options }: ProfileOptions) {
    return { ...options, path: `${PATH}/${encodeURIComponent(name)}`, query: { key_id } };
  }
}
