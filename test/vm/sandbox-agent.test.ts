import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { vitrine, vm } from "./shared.ts";

const EXAMPLE = new URL("../../examples/sandbox-agent.ts", import.meta.url).pathname;

test("a SandboxAgent works in a computer, its state is saved, and a new process finds its file there", async () => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "state.json");
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const said = async (step: string): Promise<string> => {
    const child = spawn(process.execPath, [EXAMPLE, step, file], {
      env: { ...env, VITRINE_URL: vm.url, VITRINE_API_KEY: vm.apiKey },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const [code] = await once(child, "close");
    expect(code, output).toBe(0);
    return output;
  };
  const before = (await vitrine.computers.list()).data.map(({ id }) => id);
  const begun = await said("begin");
  expect(begun).toContain("The model says: The notes are final, and the picture is green.");
  expect(begun).toContain("data:image/png");
  const [left, ...others] = (await vitrine.computers.list()).data.filter(({ id }) => !before.includes(id));
  expect([left?.status, others]).toEqual(["restorable", []]);

  const resumed = await said("resume");
  expect(resumed).toContain("final");
  expect(resumed).toContain("The model says: The notes are there.");
  expect((await vitrine.computers.list()).data.map(({ id }) => id)).toEqual(before);
  expect(existsSync(file)).toBe(false);
});
