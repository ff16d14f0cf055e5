import type { z } from "zod";
import { VitrineError } from "../contract/errors.ts";

/** Checks what came from outside. Throws invalid_request, which names each fault and where it is. */
export const parse = <S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 10)
    .map(({ path, message }) => ({ at: [what, ...path].join("."), message: message.slice(0, 300) }));
  throw new VitrineError("invalid_request", { reason: issues.map((issue) => `${issue.at}: ${issue.message}`).join("; "), issues });
};
