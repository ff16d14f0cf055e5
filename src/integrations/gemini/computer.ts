import type { FunctionCall, FunctionResponse, Part } from "@google/genai";
import { type Computer, VitrineError } from "../../client/index.ts";
import { failureText } from "../shared/report.ts";

/** A call that a person is asked about before it is done. */
export interface SafetyDecision {
  name: string;
  args: Record<string, unknown>;
  /** Why, in the words of the model's service. */
  explanation: string | undefined;
}

export interface AnswerOptions {
  /** Says whether a person agrees. Without it, what needs agreement is refused. */
  agree?: (decision: SafetyDecision) => boolean | Promise<boolean>;
  signal?: AbortSignal;
}

/** Does nothing, and is answered with what there is to see. */
const LOOK: FunctionCall = { name: "open_web_browser", args: {} };
const REFUSED = "Not executed: the user did not agree to it.";
const NOT_EXECUTED = "Not executed: an earlier call in this turn was refused.";

const decisionOn = ({ name = "", args = {} }: FunctionCall): SafetyDecision | null => {
  const { decision, explanation } = (args.safety_decision ?? {}) as Record<string, string | undefined>;
  return decision === "require_confirmation" ? { name, args, explanation } : null;
};

/** How many calls may be done, before the first that a person does not agree to. */
const agreedTo = async (calls: readonly FunctionCall[], agree: NonNullable<AnswerOptions["agree"]>): Promise<number> => {
  for (const [i, call] of calls.entries()) {
    const decision = decisionOn(call);
    if (decision && !(await agree(decision))) return i;
  }
  return calls.length;
};

/** Answers calls that were not done with what there is to see all the same. */
const notDone = (calls: readonly FunctionCall[], seen: FunctionResponse, errorOf: (i: number) => string): FunctionResponse[] =>
  calls.map(({ id, name }, i) => ({
    ...(id !== undefined && { id }),
    name,
    response: { ...seen.response, error: errorOf(i) },
    ...(i === calls.length - 1 && { parts: seen.parts }),
  }));

/**
 * Does the computer-use calls of one turn of a model, of the older functions and the newer, and answers them in their order: each with the page's URL, the last
 * one with a picture of the screen. After one that fails, or that a person does not agree to, no more are done; none is where one is malformed. The model is
 * told. Functions of your own are yours to answer. Errors: those of Computer.act(), but for invalid_request.
 */
export const answerFunctionCalls = async (
  computer: Computer,
  calls: readonly FunctionCall[],
  { agree = () => false, signal }: AnswerOptions = {},
): Promise<Part[]> => {
  const perform = async (functionCalls: readonly FunctionCall[]) =>
    (await computer.act({ functionCalls, safety_acknowledgement: true }, { dialect: "gemini", signal })) as FunctionResponse[];
  const answer = async (): Promise<FunctionResponse[]> => {
    const agreed = await agreedTo(calls, agree);
    if (agreed === calls.length) return perform(calls);
    const answers = await perform([...calls.slice(0, agreed), LOOK]);
    return [...answers.slice(0, agreed), ...notDone(calls.slice(agreed), answers[agreed]!, (i) => (i === 0 ? REFUSED : NOT_EXECUTED))];
  };
  if (calls.length === 0) return [];
  const answers = await answer().catch(async (error: unknown) => {
    if (!(error instanceof VitrineError && error.code === "invalid_request")) throw error;
    const [seen] = await perform([LOOK]);
    return notDone(calls, seen!, () => failureText(error));
  });
  return answers.map((functionResponse) => ({ functionResponse }));
};
