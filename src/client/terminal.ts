import { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import type { TerminalExit, TerminalResize } from "../contract/terminals.ts";
import { ConnectionError } from "./errors.ts";

export type { TerminalExit };

const GRACE_MS = 5000;

/**
 * A connection to a terminal: what is written are keys, what is read is what it shows, first what is kept of it (1 MiB). It ends when the command does, or on
 * detach(); a connection that is lost destroys it with a ConnectionError. What is not read waits in the computer.
 */
export class Terminal extends Duplex {
  readonly id: string;
  /** How the command ended; null when this was detached before. Rejects with what destroyed it. */
  readonly exit: Promise<TerminalExit | null>;
  readonly #ws: WebSocket;
  #ended: TerminalExit | null = null;

  /** @internal Terminals.attach() makes one. */
  constructor(id: string, ws: WebSocket) {
    super({ allowHalfOpen: false });
    this.id = id;
    this.#ws = ws;
    let tell: (exit: TerminalExit | null) => void = () => {};
    this.exit = new Promise((resolve, reject) => {
      tell = resolve;
      this.once("error", reject);
      this.once("close", () => resolve(this.#ended));
    });
    // Who does not ask is told by the stream.
    this.exit.catch(() => {});
    let detached = false;
    this.once("finish", () => {
      detached = true;
    });
    ws.on("message", (data: RawData, isBinary: boolean) => {
      if (!isBinary) this.#ended = JSON.parse(String(data)) as TerminalExit;
      else if (!this.push(data)) ws.pause();
    });
    ws.on("error", (error) => this.destroy(new ConnectionError(ws.url.split("?", 1)[0] ?? "", error)));
    ws.once("close", (code, reason) => {
      if (this.#ended || detached) {
        tell(this.#ended);
        this.push(null);
      } else this.destroy(new ConnectionError(ws.url.split("?", 1)[0] ?? "", new Error(String(reason) || `it was closed with ${code}`)));
    });
  }

  /** Tells the programs on it a new size, in characters: 1 to 1000. */
  resize(columns: number, rows: number): void {
    const message: TerminalResize = { type: "resize", columns, rows };
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(JSON.stringify(message));
  }

  /** Leaves, and lets the command run on; `exit` then has null. */
  detach(): void {
    this.resume();
    this.end();
  }

  override _read(): void {
    this.#ws.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    // What has ended takes no more keys; that is told by `exit`.
    if (this.#ws.readyState === this.#ws.OPEN) this.#ws.send(chunk, { binary: true }, () => done());
    else done();
  }

  override _final(done: () => void): void {
    this.#ws.resume();
    this.#ws.close(1000);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const enough = setTimeout(() => this.#ws.terminate(), GRACE_MS);
    this.#ws.once("close", () => clearTimeout(enough));
    this.#ws.resume();
    if (this.#ws.readyState === this.#ws.CLOSED) clearTimeout(enough);
    else this.#ws.close(1000);
    done(error);
  }
}
