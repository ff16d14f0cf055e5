import type { Computer as ComputerRecord } from "../contract/computer.ts";
import type { CreateSnapshot, Snapshot } from "../contract/snapshots.ts";
import { type CallOptions, MACHINE_TIMEOUT_MS } from "./deadline.ts";
import type { Transport } from "./transport.ts";

/** What /home/ohm of one computer was at several moments. They go with the computer; a new one begins from them with `workspace_snapshot`. */
export class Snapshots {
  readonly #transport: Transport;
  readonly #base: string;
  readonly #become: (record: ComputerRecord) => void;

  constructor(transport: Transport, base: string, become: (record: ComputerRecord) => void) {
    this.#transport = transport;
    this.#base = base;
    this.#become = become;
  }

  /** Keeps what it is now; a running computer goes on. Errors: wrong_state, too_many_snapshots. */
  async create(options: CallOptions & CreateSnapshot = {}): Promise<Snapshot> {
    const { name, timeoutMs = MACHINE_TIMEOUT_MS, signal } = options;
    const body = { json: { ...(name !== undefined && { name }) } };
    return this.#transport.json({ timeoutMs, signal, method: "POST", path: this.#base, body });
  }

  /** Newest first. */
  async list(options: CallOptions = {}): Promise<Snapshot[]> {
    return (await this.#transport.json<{ data: Snapshot[] }>({ ...options, method: "GET", path: this.#base })).data;
  }

  /** Makes /home/ohm of a computer that is stopped what it was. What was written since is gone; a suspended one loses its memory. Errors: wrong_state, snapshot_not_found. */
  async restore(id: string, { timeoutMs = MACHINE_TIMEOUT_MS, signal }: CallOptions = {}): Promise<void> {
    this.#become(await this.#transport.json<ComputerRecord>({ timeoutMs, signal, method: "POST", path: `${this.#base}/${id}/restore` }));
  }

  /** Repeating it is a success. */
  async delete(id: string, { timeoutMs = MACHINE_TIMEOUT_MS, signal }: CallOptions = {}): Promise<void> {
    await this.#transport.json({ timeoutMs, signal, method: "DELETE", path: `${this.#base}/${id}` });
  }
}
