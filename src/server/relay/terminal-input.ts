import { Readable } from "node:stream";
import type { Guest } from "../guest/guest.ts";

/** Bytes that may wait of one client. */
const WAITING_MOST = 64 * 1024;

/** The last write of each terminal's: all that are attached write in turn, whole frames at a time. The keys are guests, for their terminals' pids mean nothing without. */
const last = new WeakMap<Pick<Guest, "writeStdin">, Map<number, Promise<unknown>>>();

const inTurn = (guest: Pick<Guest, "writeStdin">, pid: number, write: () => Promise<void>): Promise<void> => {
  const turns = last.get(guest) ?? new Map<number, Promise<unknown>>();
  last.set(guest, turns);
  const mine = (turns.get(pid) ?? Promise.resolve()).then(write);
  const settled = mine
    .catch(() => {})
    .then(() => {
      if (turns.get(pid) === settled) turns.delete(pid);
    });
  turns.set(pid, settled);
  return mine;
};

export interface TerminalInputOptions {
  guest: Pick<Guest, "writeStdin">;
  pid: number;
  /** Milliseconds that the terminal may leave what is written to it. */
  stallMs: number;
  /** Holds the client back (true) while much of it waits, and lets it go on (false). */
  hold(held: boolean): void;
  /** Called once, with what keeps the terminal from taking any more. */
  onFailure(error: unknown): void;
}

/** What one client sends to a terminal, in the order in which it came. A write that was begun is ended, so that its frame is whole; the next takes all that waits. */
export class TerminalInput {
  readonly #options: TerminalInputOptions;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #writing = false;
  #failed = false;

  constructor(options: TerminalInputOptions) {
    this.#options = options;
  }

  push(frames: Buffer): void {
    if (this.#failed) return;
    this.#waiting.push(frames);
    this.#bytes += frames.length;
    if (this.#bytes > WAITING_MOST) this.#options.hold(true);
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    const { guest, pid, stallMs, hold, onFailure } = this.#options;
    this.#writing = true;
    try {
      while (this.#waiting.length > 0) {
        await inTurn(guest, pid, async () => {
          const data = Buffer.concat(this.#waiting);
          this.#waiting = [];
          this.#bytes = 0;
          await guest.writeStdin(pid, Readable.from([data]), false, AbortSignal.timeout(stallMs));
        });
        hold(false);
      }
    } catch (error) {
      this.#failed = true;
      this.#waiting = [];
      onFailure(error);
    } finally {
      this.#writing = false;
    }
  }
}
