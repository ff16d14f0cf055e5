import type { ActionInput, ActionResult, Computer } from "../../client/index.ts";

/** Does one action. One that fails throws. */
export const act = async (computer: Computer, action: ActionInput): Promise<ActionResult> => {
  const { results } = await computer.act([action]);
  const failed = results.find(({ ok }) => !ok);
  if (failed) throw new Error(failed.error?.message ?? `${failed.type} failed`);
  return results[0]!;
};
