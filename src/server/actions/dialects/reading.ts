import { z } from "zod";
import { Action, type ActionInput, MAX_ACTIONS } from "../../../contract/actions.ts";
import { VitrineError } from "../../../contract/errors.ts";
import { parse } from "../../parse.ts";
import { oneLine } from "../../text.ts";

/** How one of a vendor's actions is read. */
export type Reader<C> = (input: unknown, what: string, context: C) => ActionInput[];

/** A row of a vendor's table: the shape of an action, and what it is in canonical actions. */
export const reads =
  <S extends z.ZodType, C>(schema: S, to: (input: z.output<S>, context: C) => ActionInput[]): Reader<C> =>
  (input, what, context) =>
    to(parse(schema, input, what), context);

export const refused = (reason: string): VitrineError => new VitrineError("invalid_request", { reason });

/** The row for a name that a model gave; names of Object's own are no rows. */
export const rowFor = <C>(table: Record<string, Reader<C>>, name: string, what: string): Reader<C> => {
  const row = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!row) throw refused(`${what} is '${oneLine(name, 64)}', which is not known; known are ${Object.keys(table).join(", ")}`);
  return row;
};

const Actions = z.array(Action).max(MAX_ACTIONS, `one call makes at most ${MAX_ACTIONS} actions`);

/** What an adapter made, held to the contract: a text that is too long or a key's name that cannot be one is found before anything is done. */
export const checked = (actions: ActionInput[]): ActionInput[] => {
  parse(Actions, actions, "actions");
  return actions;
};

/** Whole numbers, as vendors write them: some as 3.0 or 2.5. */
export const whole = (min: number, max: number) => z.number().min(min).max(max).transform(Math.round);
/** Seconds to milliseconds. */
export const seconds = (max: number) =>
  z
    .number()
    .min(0)
    .max(max)
    .transform((value) => Math.round(value * 1000));
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
