import { refused } from "./reading.ts";

/** What a shell would act on. There is none here, so none of it is passed over in silence. */
const SHELL = new Set(["$", "`", ";", "|", "&", "<", ">", "(", ")"]);

/**
 * The words of a command line, as a shell would part them: blanks, both kinds of quotes, backslashes. Throws invalid_request on a quote that
 * does not end and on what only a shell could do.
 */
export const words = (line: string): string[] => {
  const found: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    const next = line[i + 1];
    if (quote === "'") {
      if (c === "'") quote = "";
      else word += c;
    } else if (c === "\\" && next !== undefined && (quote === "" || next === '"' || next === "\\" || next === "$" || next === "`")) {
      word = (word ?? "") + next;
      i++;
    } else if (SHELL.has(c) && (quote === "" || c === "$" || c === "`")) {
      throw refused(`the command has '${c}' outside single quotes, and there is no shell; quote it`);
    } else if (quote === '"') {
      if (c === '"') quote = "";
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== null) found.push(word);
      word = null;
    } else word = (word ?? "") + c;
  }
  if (quote) throw refused(`the command has a ${quote} that is not closed`);
  if (word !== null) found.push(word);
  return found;
};
