import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { serveFakeModel } from "../../examples/fake-model.mjs";
import { serveScript } from "../../examples/support/scripted-model.ts";
import { runProgram } from "./run-example.ts";
import { vitrine } from "./shared.ts";

const root = join(import.meta.dirname, "../..");
const README = readFileSync(join(root, "README.md"), "utf8");
/** The blocks whose fence names a file: whole programs. */
const PROGRAMS = new Map([...README.matchAll(/^```js (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, code]) => [name!, code!]));
const [, PACKAGES = ""] = /^npm install \S+[.]tgz (.+?)(?: +#.*)?$/m.exec(README) ?? [];

let project: string;
// A user's project: the package as it is built, and what the README says to install beside it.
beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "vt-"));
  const modules = join(project, "node_modules");
  await promisify(execFile)(process.execPath, [join(root, "bin/build-client.mjs"), join(modules, "vitrine")]);
  for (const name of ["ws", ...PACKAGES.split(" ")]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
});
afterAll(() => rmSync(project, { recursive: true }));

/** Runs one as it is in the README, with a model at `model`. It leaves no computer. */
const runBlock = async (name: string, model: { url: string } = { url: "http://127.0.0.1:9/v1" }): Promise<string> => {
  const file = join(project, name);
  writeFileSync(file, PROGRAMS.get(name) ?? `throw new Error("the README has no ${name}")`);
  const computers = async () => (await vitrine.computers.list()).data.map(({ id }) => id);
  const before = await computers();
  const output = await runProgram(process.execPath, [file], { cwd: project, env: { OPENAI_API_KEY: "none", OPENAI_BASE_URL: model.url } });
  expect(await computers()).toEqual(before);
  return output;
};

test("the README has three whole programs", () => {
  expect([...PROGRAMS.keys()]).toEqual(["playwright.mjs", "computer-use.mjs", "sandbox-agent.mjs"]);
});

test("playwright.mjs opens a page and saves the screen", async () => {
  expect(await runBlock("playwright.mjs")).toMatch(/^Watch it at http:\S+\nSign up\n$/);
  expect(readFileSync(join(project, "screen.png")).subarray(1, 4).toString()).toBe("PNG");
});

test("computer-use.mjs does what the model asks for until it says something", async () => {
  const fake = await serveFakeModel();
  onTestFinished(fake.close);
  expect(await runBlock("computer-use.mjs", { url: `${fake.url}/v1` })).toContain("The form is sent; the page says thank you.");
});

test("sandbox-agent.mjs has an agent work in a computer", async () => {
  const cmd = "echo 'An old silent pond' > haiku.txt && cat haiku.txt";
  const script = await serveScript([["exec_command", { cmd, login: false, yield_time_ms: 60_000 }]], "An old silent pond.");
  onTestFinished(() => script[Symbol.asyncDispose]());
  expect(await runBlock("sandbox-agent.mjs", script)).toBe("An old silent pond.\n");
});
