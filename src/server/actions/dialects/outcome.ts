import type { ActionResult, Picture } from "../../../contract/actions.ts";
import { VitrineError } from "../../../contract/errors.ts";
import type { DialectOutcome } from "../dialect.ts";

/** The result that ended the batch, if one did. */
export const failure = (results: readonly ActionResult[]): ActionResult | undefined =>
  results.find((result) => !result.ok && !result.skipped);

export const sentence = (result: ActionResult | undefined): string => result?.error?.message ?? "The action failed.";

/** The picture that the model gets. Throws display_unavailable when none could be taken. */
export const pictureOf = ({ results, screenshot }: DialectOutcome): Picture => {
  const picture = screenshot ?? results.findLast((result) => result.screenshot)?.screenshot;
  if (!picture) throw new VitrineError("display_unavailable", { reason: failure(results)?.error?.message ?? "it gave no picture" });
  return picture;
};
