/** What the model reads when a member could not do what it was asked to. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
}

/** The most of a text from a page that an answer holds. */
export const MAX_TEXT = 50_000;

/** A text from a page, cut with a word that it was. */
export const bounded = (text: string, advice: string): string => {
  if (text.length <= MAX_TEXT) return text;
  const notice = `\n(cut at ${MAX_TEXT} characters; ${advice})`;
  return text.slice(0, MAX_TEXT - notice.length).toWellFormed() + notice;
};
