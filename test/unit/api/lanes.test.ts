import { expect, test } from "vitest";
import { Lanes } from "../../../src/server/api/lanes.ts";

const never = new AbortController().signal;

test("each computer has a lane of each kind, for as long as it is used", async () => {
  const lanes = new Lanes({ calls: 1, callsWaiting: 1, callWaitS: 60 });
  const leave = await lanes.enter("a", "commands", never);
  const others = await Promise.all([lanes.enter("a", "files", never), lanes.enter("b", "commands", never)]);
  const second = lanes.enter("a", "commands", never);
  await expect(lanes.enter("a", "commands", never)).rejects.toMatchObject({ code: "too_many_requests", status: 429 });
  expect(lanes.size).toBe(3);
  leave();
  for (const done of [...others, await second]) done();
  expect(lanes.size).toBe(0);
});
