import type { Computer, Status } from "../../../src/client/index.ts";
import { FileBook } from "./file-book.ts";

/** What is known of one computer from what the API has answered. */
export interface Known {
  id: string;
  name: string;
  /** To do things with; its record is only as new as the last answer. */
  computer: Computer;
  files: FileBook;
  /** `leaving`: its deletion has begun and may have happened; `gone`: it has, for ever. */
  fate: "here" | "leaving" | "gone";
  /** Null: not known. */
  status: Status | null;
  /** Verbs under way that change its status. */
  verbs: number;
  /** Verbs that have begun or ended, and kills that may have changed its status. */
  stirs: number;
  /** When its machine, agent or Chromium was killed last; milliseconds since the epoch. */
  machineHurt: number;
  agentHurt: number;
  browserHurt: number;
  /** By id: whether it is good; null: nobody knows. */
  links: Map<string, boolean | null>;
  /** By port: whether it is published; null: nobody knows. */
  ports: Map<number, boolean | null>;
  /** Ids of those that were answered for. */
  recordings: Set<string>;
}

/** How things were when a call began. */
export interface Before {
  at: number;
  outages: number;
  /** The service was down. */
  down: boolean;
  stirs: number;
  quiet: boolean;
  fate: Known["fate"] | null;
  status: Status | null;
}

/** What has been promised of all computers, and what of that was broken. */
export class Fleet {
  readonly known = new Map<string, Known>();
  readonly violations: string[] = [];
  /** Creates and forks under way count, too. */
  expected = 0;
  /** Times that the service was killed. */
  outages = 0;
  /** Resolves when the service is up; null while it is. */
  down: Promise<void> | null = null;
  readonly #began = Date.now();

  violated(what: string): void {
    this.violations.push(`${((Date.now() - this.#began) / 1000).toFixed(1)} s: ${what}`);
  }

  here(): Known[] {
    return [...this.known.values()].filter(({ fate }) => fate === "here");
  }

  /** A computer that was answered for. */
  add(computer: Computer, files = new FileBook(), status: Status | null = computer.status): Known {
    const known: Known = {
      id: computer.id,
      name: computer.name,
      computer,
      files,
      fate: "here",
      status,
      verbs: 0,
      stirs: 0,
      machineHurt: 0,
      agentHurt: 0,
      browserHurt: 0,
      links: new Map(),
      ports: new Map(computer.published_ports.map(({ port }) => [port, true])),
      recordings: new Set(),
    };
    this.known.set(computer.id, known);
    return known;
  }

  before(known: Known | null): Before {
    return {
      at: Date.now(),
      outages: this.outages,
      down: this.down !== null,
      stirs: known?.stirs ?? 0,
      quiet: known === null || known.verbs === 0,
      fate: known?.fate ?? null,
      status: known?.status ?? null,
    };
  }

  /** Whether the service has been up since then. */
  servedSince({ outages, down }: Before): boolean {
    return !down && outages === this.outages;
  }

  /** Whether nothing since then can have changed the computer's status. */
  calmSince(known: Known, { quiet, stirs }: Before): boolean {
    return quiet && stirs === known.stirs;
  }

  /** Its machine was killed, or may have been. */
  machineKilled(known: Known): void {
    known.machineHurt = Date.now();
    known.stirs++;
    known.status = null;
    known.files.memoryLost();
  }

  /** What was under way when the service was killed may have happened or not, and may have cost a machine. */
  serviceKilled(): void {
    this.outages++;
    for (const known of this.known.values()) if (known.verbs > 0) this.machineKilled(known);
  }
}
