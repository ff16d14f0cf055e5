import { clearLine, cursorTo } from "node:readline";
import type { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { styleText } from "node:util";
import { plain } from "./print.ts";

/** The same shape as the server's ProgressEvent, which the CLI may not import. */
export interface ProgressLine {
  step: string;
  message: string;
  percent?: number;
}

export interface ProgressView {
  report(line: ProgressLine): void;
  /** Ends the view: the last step is marked as done or, with `false`, as failed. */
  end(ok?: boolean): void;
}

const isTerminal = (stream: Writable): stream is WriteStream => (stream as Partial<WriteStream>).isTTY === true;

/** One live line for each step, with its seconds: long steps are silent for minutes. A timer redraws it; end() stops the timer. */
const liveView = (out: WriteStream, now: () => number): ProgressView => {
  let current: ProgressLine | undefined;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (mark: string) => {
    if (!current) return;
    const time = Math.floor((now() - since) / 1000);
    const percent = current.percent === undefined ? "" : ` ${Math.floor(current.percent)} %`;
    const text = `${current.step}: ${plain(current.message).replace(/\s+/g, " ")}${percent}${time > 0 ? ` (${time} s)` : ""}`;
    clearLine(out, 0);
    cursorTo(out, 0);
    out.write(`${mark} ${text.slice(0, Math.max(20, out.columns - 3))}`);
  };
  const close = (ok: boolean) => {
    if (current) draw(ok ? styleText("green", "✔", { stream: out }) : styleText("red", "✖", { stream: out }));
    if (current) out.write("\n");
    current = undefined;
    clearInterval(timer);
  };
  return {
    report: (line) => {
      if (current?.step !== line.step) {
        close(true);
        since = now();
        timer = setInterval(() => draw("…"), 1000);
        timer.unref();
      }
      current = line;
      draw("…");
    },
    end: (ok = true) => close(ok),
  };
};

/** Plain lines: each new message once, and each tenth percent. */
const plainView = (out: Writable): ProgressView => {
  let last = "";
  return {
    report: ({ step, message, percent }) => {
      const text = `${step}: ${plain(message)}${percent === undefined ? "" : ` ${Math.floor(percent / 10) * 10} %`}`;
      if (text !== last) out.write(`${text}\n`);
      last = text;
    },
    end: () => {},
  };
};

/** A live line on a terminal, plain lines elsewhere. */
export const progressView = (out: Writable, now: () => number = Date.now): ProgressView =>
  isTerminal(out) ? liveView(out, now) : plainView(out);
