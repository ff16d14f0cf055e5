import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Guest } from "../../../src/server/guest/guest.ts";
import { importWorkspace } from "../../../src/server/workspace/import.ts";

test("a replacing import that its client breaks off takes away what was unpacked", async () => {
  const abort = new AbortController();
  const told: string[] = [];
  const guest = {
    exec: async ({ command }: { command: string }, signal: AbortSignal) => {
      signal.throwIfAborted();
      told.push(command.trim().split("\n")[0]!);
      return { exit_code: 0, stderr: "" };
    },
    writeArchive: async () => {
      told.push("unpack");
      abort.abort(new Error("the client went away"));
      throw abort.signal.reason;
    },
  } as unknown as Guest;
  await expect(importWorkspace(guest, Readable.from([]), true, abort.signal)).rejects.toThrow("the client went away");
  expect(told).toEqual(["rm -rf /home/ohm/.vitrine-import", "unpack", "rm -rf /home/ohm/.vitrine-import"]);
});
