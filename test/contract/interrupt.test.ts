import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { oneComputer } from "../support/one-computer.ts";
import { tempDir } from "../support/temp.ts";
import { vitrine } from "../unit/cli/command-line.ts";

const { service, computer } = await oneComputer("ada");
/** More than is sent at once, so that a copy of it is found under way. */
const BYTES = 32 * 1024 * 1024;
let here: string;
let there: string;
beforeEach(() => {
  vi.stubEnv("VITRINE_URL", service.url);
  vi.stubEnv("VITRINE_API_KEY", service.apiKey);
  // A fake machine's files are this host's.
  [here, there] = [tempDir(), tempDir()];
  mkdirSync(join(here, "folder"));
  for (const name of ["0", "1"]) writeFileSync(join(here, "folder", name), randomBytes(BYTES));
});
afterEach(() => vi.unstubAllEnvs());

/** Runs a command, and interrupts it when something of it is in `folder`. */
const interrupted = async (folder: string, ...args: string[]) => {
  const abort = new AbortController();
  const running = vitrine(args, { signal: abort.signal });
  await expect.poll(() => readdirSync(folder), { timeout: 20_000, interval: 5 }).not.toEqual([]);
  abort.abort();
  return running;
};

test.each([
  ["a folder in", () => [there, "-r", join(here, "folder"), `ada:${there}/copy`]],
  ["a file in", () => [there, join(here, "folder", "0"), `ada:${there}/copy`]],
  ["a folder out", () => [there, "-r", `ada:${here}/folder`, join(there, "copy")]],
  ["a file out", () => [there, `ada:${here}/folder/0`, join(there, "copy")]],
])("Ctrl-C while cp takes %s leaves nothing, and says nothing", async (_, words) => {
  const [folder, ...args] = words() as [string, ...string[]];
  expect(await interrupted(folder, "computer", "cp", ...args)).toMatchObject({ code: 1, stdout: "", stderr: "" });
  await expect.poll(() => readdirSync(there), { timeout: 20_000 }).toEqual([]);
});

test("Ctrl-C ends the command that run runs", async () => {
  const pid = join(there, "pid");
  await interrupted(there, "computer", "run", "ada", `echo $$ > ${pid}; exec sleep 600`);
  const running = () => computer.exec(`kill -0 $(cat ${pid})`).then(({ exit_code }) => exit_code);
  await expect.poll(running, { timeout: 20_000 }).toBe(1);
});
