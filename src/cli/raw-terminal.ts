import type { ReadStream, WriteStream } from "node:tty";
import type { Terminal } from "../client/index.ts";
import type { Cli } from "./cli.ts";

/** Ctrl-]: leaves the terminal, whose programs run on. */
export const DETACH_KEY = 0x1d;
/** What a program that is left may have set: the other screen, the mouse, bracketed paste, a hidden pointer, colours. Source: xterm's ctlseqs. */
const RESET = "\x1b[?1047l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?25h\x1b[0m\r\n";

interface Tty {
  stdin: ReadStream;
  stdout: WriteStream;
}

/** The terminal that the command itself runs on; null when there is none. */
export const ttyOf = ({ stdin, stdout }: Cli): Tty | null => {
  const tty = { stdin: stdin as ReadStream, stdout: stdout as WriteStream };
  return tty.stdin.isTTY === true && tty.stdout.isTTY === true ? tty : null;
};

/** Joins a terminal in a computer to ours until its command ends, the detach key is typed or `signal` aborts; ours is then as it was before. Answers what `terminal.exit` does. */
export const joinTerminal = async ({ stdin, stdout }: Tty, terminal: Terminal, signal: AbortSignal): ReturnType<typeof exitOf> => {
  const resize = () => terminal.resize(stdout.columns, stdout.rows);
  const detach = () => terminal.detach();
  const onKeys = (keys: Buffer) => {
    const at = keys.indexOf(DETACH_KEY);
    const typed = at < 0 ? keys : keys.subarray(0, at);
    if (typed.length > 0 && !terminal.write(typed)) {
      stdin.pause();
      terminal.once("drain", () => stdin.resume());
    }
    if (at < 0) return;
    stdin.off("data", onKeys);
    detach();
  };
  const wasRaw = stdin.isRaw;
  stdin.setRawMode(true);
  let ended = false;
  try {
    stdout.on("resize", resize);
    stdin.on("data", onKeys);
    signal.addEventListener("abort", detach, { once: true });
    terminal.on("error", () => {});
    terminal.pipe(stdout, { end: false });
    resize();
    if (signal.aborted) detach();
    const exit = await exitOf(terminal);
    ended = exit !== null;
    return exit;
  } finally {
    terminal.unpipe(stdout);
    stdout.off("resize", resize);
    stdin.off("data", onKeys);
    signal.removeEventListener("abort", detach);
    stdin.pause();
    stdin.setRawMode(wasRaw);
    if (!ended) stdout.write(RESET);
    terminal.destroy();
  }
};

/** The exit, when all that came before it has been shown. */
const exitOf = async (terminal: Terminal) => {
  const exit = await terminal.exit;
  if (exit !== null && !terminal.readableEnded)
    await new Promise<void>((resolve) => {
      terminal.once("end", resolve);
      terminal.once("close", resolve);
    });
  return exit;
};
