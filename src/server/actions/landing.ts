import type { Display } from "../display/display.ts";

/** Milliseconds without drawing after which what was pasted is taken to be there. */
const QUIET_MS = 50;
/** The most that is waited for it: a page may show nothing of what it was given, or move for ever. */
const LAND_MS = 3000;
/** A blinking caret is no wider. */
const CARET_WIDTH = 2;

/** The last paste on each display, under way. */
const landings = new WeakMap<Display, Promise<void>>();

/** Milliseconds that a page gets at least for a paste that the computer has taken `tookMs` to fetch, so that a slow computer gets more. */
const leastMs = (tookMs: number, length: number): number => Math.min(LAND_MS, Math.max(300, 10 * tookMs) * (1 + length / 20_000));

/** Resolves when what was pasted before has got to where it goes, and the clipboard may have another text. */
export const landed = async (display: Display): Promise<void> => landings.get(display);

/**
 * Text of this length has been pasted. Nothing tells when it has got into the page: Chromium itself fetches the clipboard when the keys go down, or before,
 * and its page takes the text some time later, when another must not be there yet. So the page gets its time, must have drawn something, and must have
 * come to rest.
 */
export const land = (display: Display, tookMs: number, length: number): void => {
  const ms = leastMs(tookMs, length);
  const { promise, resolve } = Promise.withResolvers<void>();
  let drawn = false;
  let due = false;
  let quiet: NodeJS.Timeout | undefined;
  const end = () => {
    for (const timer of [quiet, first, cap]) clearTimeout(timer);
    leave();
    resolve();
  };
  const rest = () => {
    clearTimeout(quiet);
    if (drawn && due) quiet = setTimeout(end, QUIET_MS);
  };
  const first = setTimeout(() => {
    due = true;
    rest();
  }, ms);
  const cap = setTimeout(end, ms + LAND_MS);
  const leave = display.onDamage((damage) => {
    drawn ||= damage.some(({ width }) => width > CARET_WIDTH);
    rest();
  });
  landings.set(display, promise);
};
