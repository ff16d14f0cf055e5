import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runExample } from "./run-example.ts";
import { vitrine } from "./shared.ts";

test("a SandboxAgent works in a computer, its state is saved, and a new process finds its file there", async () => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "state.json");
  const before = (await vitrine.computers.list()).data.map(({ id }) => id);
  const begun = await runExample("sandbox-agent", "begin", file);
  expect(begun).toContain("The model says: The notes are final, and the picture is green.");
  expect(begun).toContain("data:image/png");
  const [left, ...others] = (await vitrine.computers.list()).data.filter(({ id }) => !before.includes(id));
  expect([left?.status, others]).toEqual(["restorable", []]);

  const resumed = await runExample("sandbox-agent", "resume", file);
  expect(resumed).toContain("final");
  expect(resumed).toContain("The model says: The notes are there.");
  expect((await vitrine.computers.list()).data.map(({ id }) => id)).toEqual(before);
  expect(existsSync(file)).toBe(false);
});
