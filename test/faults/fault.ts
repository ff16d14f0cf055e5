import { inject, test } from "vitest";
import { type FaultRow, writeRow } from "./rows.ts";

type Described = Pick<FaultRow, "id" | "what" | "expected">;

/** A test that leaves a line in the table of faults. `work` answers what was seen, in a few words. With `skip`, it is not run, for that reason. */
export const fault = (described: Described, work: () => Promise<string>, skip: string | null = null): void => {
  const row = (outcome: FaultRow["outcome"], seen: string) => writeRow(inject("faultRows"), { ...described, seen, outcome });
  if (skip !== null) {
    row("skipped", skip);
    test.skip(`${described.id} ${described.what}`);
    return;
  }
  test(`${described.id} ${described.what}: ${described.expected}`, async () => {
    // Stands until the test has come to its end, however that is.
    row("failed", "did not come to its end");
    try {
      row("passed", await work());
    } catch (error) {
      row("failed", String((error as Error).message).split("\n")[0]!);
      throw error;
    }
  });
};
