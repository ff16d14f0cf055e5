import { type RawAnswer, type RawOptions, rawRequest } from "../support/raw-request.ts";

/** What was tried, and what came of it, in a few words. */
export type Try = [what: string, attempt: () => Promise<string>];

/** Makes each try, one after the other, and answers for the table how many came out as expected. Throws with those that did not. */
export const all = async (expected: string | RegExp, tries: Try[]): Promise<string> => {
  const others: string[] = [];
  const seen = new Map<string, number>();
  for (const [what, attempt] of tries) {
    const answer = await attempt().catch((error: Error) => `no answer: ${error.message}`);
    seen.set(answer, (seen.get(answer) ?? 0) + 1);
    if (typeof expected === "string" ? answer !== expected : !expected.test(answer)) others.push(`${what}: ${answer}`);
  }
  if (others.length > 0) throw new Error(`${others.length} of ${tries.length} were not ${expected}: ${others.join("; ")}`);
  return [...seen].map(([answer, times]) => `${times} × ${answer}`).join(", ");
};

/** Status and, of a refusal, code: `403 host_forbidden`. */
export const inWords = ({ status, body }: Pick<RawAnswer, "status" | "body">): string => {
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
};

/** Asks a service, and says in words what it answered. */
export const asking =
  (base: string) =>
  async (path: string, options?: RawOptions): Promise<string> =>
    inWords(await rawRequest(base, path, options));
