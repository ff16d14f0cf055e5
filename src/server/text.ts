/** Line breaks, other controls, and the marks that turn the direction of writing: they would break or reorder a line. */
const CONTROL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** The first `limit` characters, none cut in half. */
export const cut = (text: string, limit: number): string => {
  if (text.length <= limit) return text;
  const high = text.charCodeAt(limit - 1);
  return text.slice(0, high >= 0xd800 && high <= 0xdbff ? limit - 1 : limit);
};

/** Text that a page or a model chose, on one line of at most `limit` characters, fit to be sent as UTF-8. */
export const oneLine = (text: string, limit = 4096): string => cut(text.toWellFormed().replace(CONTROL, " ").trim(), limit);
