import { setTimeout as sleep } from "node:timers/promises";
import { ConnectionError, type ErrorCode, Vitrine, VitrineError } from "../../../src/client/index.ts";
import type { Fleet, Known } from "./fleet.ts";
import { type Terms, unlawful } from "./judge.ts";
import { Random } from "./random.ts";
import type { Tally } from "./tally.ts";

/** How a call ended. `unknown`: it may have happened or not. */
export type Outcome<T> = { is: "done"; value: T } | { is: "refused"; code: ErrorCode } | { is: "unknown" };

/** One of those who use the service at the same time. Each has files, ports and links of its own, and does one thing after another. */
export class Client {
  readonly index: number;
  readonly vitrine: Vitrine;
  readonly random: Random;
  readonly fleet: Fleet;
  readonly tally: Tally;
  /** What it does now, for the tally. */
  operation = "reckoning";
  #made = 0;

  constructor(index: number, seed: number, service: { url: string; apiKey: string }, fleet: Fleet, tally: Tally) {
    this.index = index;
    this.vitrine = new Vitrine(service);
    this.random = new Random(seed, index);
    this.fleet = fleet;
    this.tally = tally;
  }

  /** A name that nobody else takes. */
  newName(): string {
    return `soak-${this.index}-${++this.#made}`;
  }

  /** A computer that is there, of those that `test` lets pass. */
  some(test: (known: Known) => boolean = () => true): Known | undefined {
    return this.random.pick(this.fleet.here().filter(test));
  }

  violated(what: string, known?: Known | null): void {
    this.fleet.violated(`client ${this.index}, ${this.operation}${known ? ` of ${known.name} (${known.id})` : ""}: ${what}`);
  }

  /** Makes a call and judges its answer. What a call that ends in error has done is not known, unless it was refused for a reason that changes nothing. */
  async call<T>(known: Known | null, terms: Terms, work: () => Promise<T>): Promise<Outcome<T>> {
    const before = this.fleet.before(known);
    try {
      const value = await work();
      this.#judgeSuccess(known, terms, before);
      this.tally.count(this.operation, "done");
      return { is: "done", value };
    } catch (error) {
      const why = unlawful(this.fleet, known, before, terms, error);
      if (why !== null) this.violated(why, known);
      const code = error instanceof VitrineError ? error.code : null;
      this.tally.count(this.operation, code ?? "broken off");
      if (error instanceof ConnectionError) await this.fleet.down;
      return code && error instanceof VitrineError && error.status < 500 ? { is: "refused", code } : { is: "unknown" };
    }
  }

  #judgeSuccess(known: Known | null, { needs, outlives }: Terms, before: ReturnType<Fleet["before"]>): void {
    if (!known) return;
    if (before.fate === "gone" && !outlives) this.violated("it is answered for although it was deleted", known);
    const calm = this.fleet.calmSince(known, before) && this.fleet.servedSince(before);
    if (calm && needs && before.status && !needs.includes(before.status)) this.violated(`it was done although ${before.status}`, known);
  }

  /** Does random things, `think` milliseconds apart on average, until the time is up. */
  async run(operations: readonly Operation[], until: number, think: number): Promise<void> {
    while (Date.now() < until) {
      const operation = this.random.weighed(operations) as Operation;
      this.operation = operation.name;
      try {
        await operation.run(this);
      } catch (error) {
        this.violated(`the soak itself failed: ${(error as Error).stack}`);
      }
      await sleep(this.random.next() * 2 * think);
    }
  }
}

export interface Operation {
  name: string;
  weight: number;
  /** Does nothing when there is nothing to do it with. */
  run(client: Client): Promise<void>;
}
