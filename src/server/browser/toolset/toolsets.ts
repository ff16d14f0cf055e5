import type { ToolResult, ToolUse } from "../../actions/dialects/tool-use.ts";
import { withDeadline } from "../../deadline.ts";
import { connectionOn, type RawCdp } from "./connection.ts";
import { BrowserToolset } from "./toolset.ts";

/** Opens a connection to a computer's browser. */
export type OpenCdp = (signal: AbortSignal) => Promise<RawCdp>;

interface Open {
  raw: RawCdp;
  toolset: BrowserToolset;
  users: number;
  /** To be called when it is closed. */
  left(): void;
  idle?: NodeJS.Timeout;
}

/** Milliseconds after its last call until a toolset is closed, and its references with it. */
const IDLE_MS = 15 * 60_000;

const OPEN_MS = 40_000;

/** The browser toolsets that are open, one for each computer: a reference that one call gave is good in the next. */
export class BrowserToolsets {
  readonly #idleMs: number;
  readonly #onOpen: (computerId: string) => () => void;
  readonly #open = new Map<string, Promise<Open>>();

  /** `onOpen` is told of each that is opened, and answers a function to be called when that is closed. */
  constructor(idleMs = IDLE_MS, onOpen: (computerId: string) => () => void = () => () => {}) {
    this.#idleMs = idleMs;
    this.#onOpen = onOpen;
  }

  /** Runs one call's blocks, on the connection of the calls before it if that still works. Errors: those of BrowserToolset.run and of `open`. */
  async run(computerId: string, open: OpenCdp, blocks: readonly ToolUse[], signal: AbortSignal): Promise<ToolResult[]> {
    const entry = await this.#use(computerId, open, signal);
    clearTimeout(entry.idle);
    entry.users++;
    try {
      return await entry.toolset.run(blocks, signal);
    } finally {
      entry.users--;
      if (entry.users === 0) entry.idle = setTimeout(() => this.close(computerId), this.#idleMs).unref();
    }
  }

  /** Lets go of a computer's browser. */
  close(computerId: string): void {
    const entry = this.#open.get(computerId);
    this.#open.delete(computerId);
    entry?.then(end, () => {});
  }

  closeAll(): void {
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  async #use(computerId: string, open: OpenCdp, signal: AbortSignal): Promise<Open> {
    const known = await this.#open.get(computerId)?.catch(() => undefined);
    if (known && (await answers(known, signal))) return known;
    if (known) this.close(computerId);
    // Begun without the signal of this call: others may wait for the same.
    const opening =
      this.#open.get(computerId) ??
      withDeadline("The browser's connection", OPEN_MS, undefined, (within) => begin(open, within, () => this.#onOpen(computerId)));
    this.#open.set(computerId, opening);
    opening.catch(() => this.#open.delete(computerId));
    return opening;
  }
}

const begin = async (open: OpenCdp, signal: AbortSignal, onOpen: () => () => void): Promise<Open> => {
  const raw = await open(signal);
  try {
    return { raw, toolset: await BrowserToolset.open(connectionOn(raw), signal), users: 0, left: onOpen() };
  } catch (error) {
    raw.close();
    throw error;
  }
};

/** Chromium may have been started anew, and the computer too. */
const answers = async ({ raw, users }: Open, signal: AbortSignal): Promise<boolean> => {
  if (users > 0) return true;
  try {
    await raw.send("Browser.getVersion", {}, { signal });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
};

const end = ({ raw, toolset, idle, left }: Open): void => {
  clearTimeout(idle);
  left();
  toolset.close();
  raw.close();
};
