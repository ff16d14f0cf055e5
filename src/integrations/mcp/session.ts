import { z } from "zod";
import { type Computer, type CreateComputerInput, type Vitrine, VitrineError } from "../../client/index.ts";

/** Which computer a tool is for. */
export const which = {
  computer: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("Name or id of the computer. May be left out when this session has created exactly one."),
};

/** One client's session: the computers it made, which end with it unless they are to be kept. */
export class Session {
  readonly vitrine: Vitrine;
  /** Id and name of those that it made and that it has not deleted. */
  readonly #made = new Map<string, { name: string; keep: boolean }>();
  readonly #creating = new Set<Promise<unknown>>();
  readonly #ended = new AbortController();

  constructor(vitrine: Vitrine) {
    this.vitrine = vitrine;
  }

  /** Aborts when the session ends. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** What `computer` names, or the only one that this session made. Throws invalid_request when that is not one. */
  idOf(computer: string | undefined): string {
    if (computer !== undefined) return computer;
    const [only, ...others] = [...this.#made];
    if (only && others.length === 0) return only[0];
    const names = [...this.#made.values()].map(({ name }) => name).join(", ");
    const reason = only
      ? `this session has created several computers (${names}); give 'computer'`
      : "this session has created no computer; create one with computer_create, or give 'computer'";
    throw new VitrineError("invalid_request", { reason });
  }

  /** Errors: invalid_request, computer_not_found. */
  computer(computer: string | undefined, signal: AbortSignal): Promise<Computer> {
    return this.vitrine.computers.get(this.idOf(computer), { signal });
  }

  async create(input: CreateComputerInput, { keep, signal }: { keep: boolean; signal: AbortSignal }): Promise<Computer> {
    // Begun no more after the end, and waited for there: what an aborted creation made is deleted by the client.
    signal.throwIfAborted();
    const creating = this.vitrine.computers.create(input, { signal });
    this.#creating.add(creating);
    try {
      const computer = await creating;
      this.#made.set(computer.id, { name: computer.name, keep });
      return computer;
    } finally {
      this.#creating.delete(creating);
    }
  }

  async delete(computer: Computer, signal: AbortSignal): Promise<void> {
    await computer.delete({ signal });
    this.#made.delete(computer.id);
  }

  /** Stops what is under way and deletes what is not to be kept. Rejects with the failures, when all was tried. */
  async end(): Promise<void> {
    this.#ended.abort();
    await Promise.allSettled(this.#creating);
    const mine = [...this.#made].filter(([, { keep }]) => !keep);
    const results = await Promise.allSettled(mine.map(([id]) => this.vitrine.computers.delete(id)));
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
    if (failures.length > 0)
      throw new Error(`Not every computer of the session could be deleted: ${failures.map(({ message }) => message).join(" ")}`);
  }
}
