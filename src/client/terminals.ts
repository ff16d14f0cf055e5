import type { CreatedTerminal, CreateTerminalInput, Terminal as TerminalInfo } from "../contract/terminals.ts";
import type { CallOptions } from "./deadline.ts";
import { Terminal } from "./terminal.ts";
import type { Transport } from "./transport.ts";

export type { CreatedTerminal, TerminalInfo };

/** Commands that run on a terminal in one computer; they outlive who attaches to them. Errors: terminal_not_found, wrong_state. */
export class Terminals {
  readonly #transport: Transport;
  readonly #base: string;

  constructor(transport: Transport, base: string) {
    this.#transport = transport;
    this.#base = base;
  }

  /** Starts one: a login shell unless `command` or `argv` says otherwise. `ws_url` lets whoever has it attach, for an hour. */
  async create(options: CallOptions & CreateTerminalInput = {}): Promise<CreatedTerminal> {
    const { signal, timeoutMs, ...json } = options;
    return this.#transport.json({ signal, timeoutMs, method: "POST", path: this.#base, body: { json } });
  }

  /** Those that run. */
  async list(options: CallOptions = {}): Promise<TerminalInfo[]> {
    return (await this.#transport.json<{ data: TerminalInfo[] }>({ ...options, method: "GET", path: this.#base })).data;
  }

  /** Connects to one, which several may do. One that has ended shows what is kept of it. */
  async attach(terminalId: string, options: CallOptions = {}): Promise<Terminal> {
    const path = `${this.#base}/${encodeURIComponent(terminalId)}`;
    return new Terminal(terminalId, await this.#transport.socket({ ...options, path }));
  }

  /** Hangs up, which ends what runs on it. Repeating it is a success. */
  async end(terminalId: string, options: CallOptions = {}): Promise<void> {
    await this.#transport.json({ ...options, method: "DELETE", path: `${this.#base}/${encodeURIComponent(terminalId)}` });
  }
}
