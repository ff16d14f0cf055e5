import { z } from "zod";
import { parse } from "../../parse.ts";
import type { DialectAdapter, DialectOutcome } from "../dialect.ts";
import { GEMINI_FUNCTIONS } from "./gemini-actions.ts";
import { grid } from "./grid.ts";
import { pictureOf, sentence } from "./outcome.ts";
import { checked, isRecord, refused, rowFor } from "./reading.ts";

const NOT_EXECUTED = "Not executed: an earlier call in this turn failed.";

const Safety = z.looseObject({ decision: z.string(), explanation: z.string().optional() });
const FunctionCall = z.object({
  id: z.string().optional(),
  name: z.string(),
  args: z.looseObject({ safety_decision: Safety.optional() }).default({}),
});
type FunctionCall = z.output<typeof FunctionCall>;

const Options = z.object({
  safety_acknowledgement: z.union([z.boolean(), z.literal("true").transform(() => true)]).default(false),
  screenshot: z.literal("after", "a functionResponse always carries a screenshot").optional(),
});

interface Step {
  call: FunctionCall;
  /** It came as a part of a message, and goes back as one. */
  part: boolean;
  from: number;
  to: number;
}

const wrapped = (value: Record<string, unknown>): unknown => value.functionCall ?? value.function_call;

/** The calls of a body: one as such, one in a part, or a list of either in `functionCalls`, `parts` or `actions`. */
const callsOf = (body: unknown): { calls: { call: FunctionCall; part: boolean }[]; listed: boolean } => {
  const form = "the body is a functionCall, or has functionCalls, parts or actions";
  if (!isRecord(body)) throw refused(form);
  const read = (value: unknown, what: string) => {
    const inner = isRecord(value) ? wrapped(value) : undefined;
    return { call: parse(FunctionCall, inner ?? value, what), part: inner !== undefined };
  };
  const name = (["functionCalls", "parts", "actions"] as const).find((key) => Array.isArray(body[key]));
  if (name === undefined) {
    if (wrapped(body) === undefined && body.name === undefined) throw refused(form);
    return { calls: [read(body, "functionCall")], listed: false };
  }
  // Among a message's parts there are texts and thoughts too.
  const list = (body[name] as unknown[]).filter((value) => name !== "parts" || (isRecord(value) && wrapped(value) !== undefined));
  if (list.length === 0) throw refused(`${name} has no functionCall`);
  return { calls: list.map((value, i) => read(value, `${name}.${i}`)), listed: true };
};

/** Whether the call needs a person's consent, which then is told to the model. */
const needsConsent = ({ name, args }: FunctionCall, given: boolean): boolean => {
  const { decision, explanation } = args.safety_decision ?? {};
  if (decision === undefined || decision === "regular" || decision === "allowed") return false;
  if (decision !== "require_confirmation") throw refused(`${name} was decided on with '${decision}', and is not done`);
  if (given) return true;
  throw refused(
    `${name} needs a person's consent${explanation ? ` (${explanation.slice(0, 500)})` : ""}. When it is given, send the call again with safety_acknowledgement: true`,
  );
};

const errorOf = ({ from, to }: Step, { results }: DialectOutcome): string | undefined => {
  const mine = results.slice(from, to);
  const bad = mine.find((result) => !result.ok);
  if (bad) return bad.skipped && bad === mine[0] ? NOT_EXECUTED : sentence(bad);
  // A call that does nothing is skipped as well.
  return from === to && results.slice(0, from).some((result) => !result.ok) ? NOT_EXECUTED : undefined;
};

const answer = (step: Step, outcome: DialectOutcome, consent: boolean, isLast: boolean) => {
  const error = errorOf(step, outcome);
  const picture = isLast ? pictureOf(outcome) : undefined;
  const response = {
    ...(step.call.id !== undefined && { id: step.call.id }),
    name: step.call.name,
    response: { url: outcome.url ?? "", ...(error && { error }), ...(consent && { safety_acknowledgement: "true" }) },
    ...(picture && { parts: [{ inlineData: { mimeType: picture.media_type, data: picture.data } }] }),
  };
  return step.part ? { functionResponse: response } : response;
};

/** Gemini's computer use, functions of the older and the newer models: functionCall on a grid of 1000, and functionResponse with the page's URL. */
export const gemini: DialectAdapter = {
  wantsUrl: true,
  read: (body, screen) => {
    const { calls, listed } = callsOf(body);
    const options = parse(Options, body, "body");
    const context = { space: grid(screen), screen };
    const steps: Step[] = [];
    const consents: boolean[] = [];
    const actions = calls.flatMap(({ call, part }, i) => {
      const what = listed ? `call ${i}` : "the call";
      const made = rowFor(GEMINI_FUNCTIONS, call.name, `${what}'s name`)(call.args, `${what}'s args`, context);
      consents.push(needsConsent(call, options.safety_acknowledgement));
      const from = steps.at(-1)?.to ?? 0;
      steps.push({ call, part, from, to: from + made.length });
      return made;
    });
    const write = (outcome: DialectOutcome) => {
      const answers = steps.map((step, i) => answer(step, outcome, consents[i]!, i === steps.length - 1));
      return listed ? answers : answers[0];
    };
    if (actions.length === 0) return { actions: [{ type: "screenshot" }], screenshot: "none", write };
    return { actions: checked(actions), screenshot: "after", write };
  },
};
