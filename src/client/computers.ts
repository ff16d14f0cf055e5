import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Computer as ComputerRecord, CreateComputerInput, Status, TemplateName } from "../contract/computer.ts";
import { retryAfterOf, VitrineError } from "../contract/errors.ts";
import { Computer } from "./computer.ts";
import { type CallOptions, deadline, MACHINE_TIMEOUT_MS } from "./deadline.ts";
import type { Transport } from "./transport.ts";

const PATH = "/v1/computers";
/** How long an aborted create may take to be undone. */
const UNDO_TIMEOUT_MS = 2 * 60_000;

/** Which computers a list has. */
export type ListOptions = CallOptions & { status?: Status; template?: TemplateName; limit?: number; cursor?: string };
/** How long a create waits, and for what. */
export type CreateOptions = CallOptions & {
  /** Default: until it is running and whole. */
  wait?: boolean;
  /** While the host is full (capacity_exceeded), ask again as often as it says, until the time is up. */
  retryWhenFull?: boolean;
};
/** A part of a list; `next_cursor` asks for the next one, and is null on the last. */
export interface Page {
  data: Computer[];
  next_cursor: string | null;
}

/** Asks again for as long as the answer is that the host is full, which has made nothing. */
const untilThereIsRoom = async <T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> => {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof VitrineError) || error.code !== "capacity_exceeded") throw error;
      const seconds = retryAfterOf(error) ?? 0;
      await sleep(seconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
};

/** The computers that the API key sees. */
export class Computers {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Creates a computer and waits until it is running and whole; with `wait: false` answers while it is `creating`. When `signal` aborts or the time
   * is up, what was made is deleted again before this rejects. Errors: name_taken, capacity_exceeded, unsupported_option, machine_failed, timeout.
   */
  async create(input: CreateComputerInput = {}, options: CreateOptions = {}): Promise<Computer> {
    const { wait = true, retryWhenFull = false, timeoutMs = MACHINE_TIMEOUT_MS } = options;
    const attempt = () => ({ method: "POST", path: PATH, body: { json: input }, headers: { "idempotency-key": randomUUID() } }) as const;
    let request = attempt();
    const until = deadline("The creation of the computer", { ...options, timeoutMs });
    try {
      const { signal } = until;
      const ask = () => {
        request = attempt();
        return this.#transport.json<ComputerRecord>({ ...request, query: { wait: wait ? 1 : 0 }, signal, timeoutMs: 0 });
      };
      const record = await (retryWhenFull ? untilThereIsRoom(ask, signal) : ask());
      return new Computer(this.#transport, record);
    } catch (error) {
      if (until.signal.aborted) await this.#undo(request).catch(() => {});
      throw error;
    } finally {
      until.release();
    }
  }

  /**
   * Deletes what an aborted create made. Its answer, and so its id, never came; but the same Idempotency-Key answers the same computer, and
   * makes one only where none was begun.
   */
  async #undo(request: { method: "POST"; path: string; body: { json: unknown }; headers: Record<string, string> }): Promise<void> {
    const timeoutMs = UNDO_TIMEOUT_MS;
    const { id } = await this.#transport.json<ComputerRecord>({ ...request, query: { wait: 0 }, timeoutMs });
    await this.#transport.json({ method: "DELETE", path: `${PATH}/${id}`, timeoutMs });
  }

  /** One page, newest first. */
  async list(options: ListOptions = {}): Promise<Page> {
    const { signal, timeoutMs, ...query } = options;
    const page = await this.#transport.json<{ data: ComputerRecord[]; next_cursor: string | null }>({
      signal,
      timeoutMs,
      method: "GET",
      path: PATH,
      query,
    });
    return { data: page.data.map((record) => new Computer(this.#transport, record)), next_cursor: page.next_cursor };
  }

  /** Every computer, page by page. */
  async *all(options: Omit<ListOptions, "cursor"> = {}): AsyncGenerator<Computer> {
    let cursor: string | null | undefined;
    do {
      const page = await this.list({ ...options, ...(cursor && { cursor }) });
      yield* page.data;
      cursor = page.next_cursor;
    } while (cursor);
  }

  /** One, by id or name. Errors: computer_not_found. */
  async get(idOrName: string, options: CallOptions = {}): Promise<Computer> {
    const path = `${PATH}/${encodeURIComponent(idOrName)}`;
    return new Computer(this.#transport, await this.#transport.json<ComputerRecord>({ ...options, method: "GET", path }));
  }

  /** Deletes by id or name. Repeating it is a success. */
  async delete(idOrName: string, options: CallOptions = {}): Promise<void> {
    const { signal, timeoutMs = MACHINE_TIMEOUT_MS } = options;
    await this.#transport.json({ signal, timeoutMs, method: "DELETE", path: `${PATH}/${encodeURIComponent(idOrName)}` });
  }
}
