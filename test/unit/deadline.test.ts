import { expect, test } from "vitest";
import { withDeadline } from "../../src/server/deadline.ts";

const forever = () => new Promise<never>(() => {});

test.each([0, 1e-30, 1.5])("a deadline after %d ms is one", async (ms) => {
  await expect(withDeadline("The end", ms, undefined, forever)).rejects.toMatchObject({ code: "timeout", details: { what: "The end" } });
});
