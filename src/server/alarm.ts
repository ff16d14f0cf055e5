/** The longest delay a Node timer takes; what is later is waited for in pieces. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Calls back once at a time in milliseconds since the epoch, or soon when that is past. Answers the way to call it off. */
export const alarm = (at: number, ring: () => void): (() => void) => {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const left = at - Date.now();
    timer = setTimeout(() => (left > MAX_DELAY_MS ? arm() : ring()), Math.min(Math.max(left, 0), MAX_DELAY_MS));
  };
  arm();
  return () => clearTimeout(timer);
};
