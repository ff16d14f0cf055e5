import { oneLine } from "../../text.ts";

const MAX_ENTRIES = 500;
const MAX_LINE = 1000;

/** What a page said or fetched, one line each, until it is read. Bounded: the oldest make room. */
export class Feed {
  #lines: string[] = [];
  #lost = 0;

  add(line: string): void {
    this.#lines.push(oneLine(line, MAX_LINE));
    if (this.#lines.length <= MAX_ENTRIES) return;
    this.#lines.shift();
    this.#lost++;
  }

  /** All that came since the last time. */
  take(): string {
    const lines = this.#lost > 0 ? [`(${this.#lost} older entries were dropped)`, ...this.#lines] : this.#lines;
    this.#lines = [];
    this.#lost = 0;
    // Fewer than 50,000 characters would be too few for 500 long lines; the newest matter.
    let text = lines.join("\n");
    while (text.length > 50_000) text = text.slice(text.indexOf("\n") + 1);
    return text;
  }
}
