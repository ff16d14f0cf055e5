import { z } from "zod";
import { VitrineError } from "../../../contract/errors.ts";

/** Says no: false, null, "", {} and [] ask for nothing. */
const asksNothing = (value: unknown): boolean => !value || (typeof value === "object" && Object.keys(value).length === 0);

/** An option that cannot be had here; a value that asks for something throws unsupported_option with the reason. */
export const lacking = (option: string, reason: string) =>
  z
    .unknown()
    .transform((value) => {
      if (!asksNothing(value)) throw new VitrineError("unsupported_option", { option, reason });
    })
    .optional();

/** An option that changes nothing here. */
export const ignored = z.unknown().optional();
