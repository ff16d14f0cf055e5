import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readStat } from "../../../src/server/process/identity.ts";
import { livePids } from "../../../src/server/process/kill.ts";
import { RunError, run } from "../../../src/server/process/run.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-run-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const failure = async (promise: Promise<unknown>): Promise<RunError> => {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RunError);
  return error as RunError;
};

test("gives both outputs, takes input and a working directory", async () => {
  const result = await run(["sh", "-c", "cat; pwd >&2"], { input: "hello ä", cwd: dir });
  expect(result).toMatchObject({ stdout: "hello ä", stderr: `${dir}\n`, code: 0, signal: null, truncated: false });
});

test("a program that does not read its input is no failure", async () => {
  expect((await run(["true"], { input: "x".repeat(1_000_000) })).code).toBe(0);
});

test("hands on no variable of the service's own environment", async () => {
  process.env.VITRINE_TEST_SECRET = "s";
  try {
    expect((await run(["env"])).stdout).not.toContain("VITRINE_TEST_SECRET");
    expect((await run(["env"], { env: { ONLY: "1" } })).stdout.trim()).toBe("ONLY=1");
  } finally {
    delete process.env.VITRINE_TEST_SECRET;
  }
});

test("a failure carries the program's last words and its outputs", async () => {
  const error = await failure(run(["sh", "-c", "echo out; echo first >&2; echo 'disk is full' >&2; exit 3"]));
  expect(error.message).toBe("sh failed with code 3: disk is full");
  expect(error).toMatchObject({ code: 3, stdout: "out\n", stderr: "first\ndisk is full\n", timedOut: false });
});

test("check: false makes the exit code an answer", async () => {
  expect((await run(["sh", "-c", "exit 4"], { check: false })).code).toBe(4);
});

test("a missing program is named", async () => {
  expect((await failure(run(["vitrine-no-such-program"]))).message).toMatch(/vitrine-no-such-program could not be started: .*ENOENT/);
});

test("keeps the end of a long output within the limit", async () => {
  const result = await run(["sh", "-c", "seq 1 200000"], { maxOutput: 1000 });
  expect(result.truncated).toBe(true);
  expect(Buffer.byteLength(result.stdout)).toBe(1000);
  expect(result.stdout.endsWith("199999\n200000\n")).toBe(true);
});

test("lines come whole, though a character is cut between two writes", async () => {
  const lines: string[] = [];
  const script = String.raw`printf 'a\303'; sleep 0.05; printf '\244b\r\nc'; echo err >&2`;
  await run(["sh", "-c", script], { onLine: (line, stream) => lines.push(`${stream} ${line}`) });
  expect(lines.sort()).toEqual(["stderr err", "stdout aäb", "stdout c"]);
});

test("the time limit ends the whole group, also what ignores SIGTERM", async () => {
  const script = `trap '' TERM; (trap '' TERM; echo $$ > pid; sleep 60) & wait; sleep 60`;
  const error = await failure(run(["sh", "-c", script], { cwd: dir, timeoutMs: 150, graceMs: 50 }));
  expect(error).toMatchObject({ timedOut: true, signal: "SIGKILL" });
  expect(error.message).toMatch(/did not finish within 0.15 s/);
  const group = Number(readFileSync(join(dir, "pid"), "utf8"));
  expect(livePids().filter((pid) => readStat(pid)?.group === group)).toEqual([]);
});

test("an abort ends it and is the reason", async () => {
  const controller = new AbortController();
  const running = run(["sh", "-c", "touch started; exec sleep 60"], {
    cwd: dir,
    signal: controller.signal,
    onLine: () => {},
  });
  while (!existsSync(join(dir, "started"))) await new Promise((resolve) => setTimeout(resolve, 5));
  controller.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  await expect(run(["true"], { signal: controller.signal })).rejects.toThrow("enough");
});

test("a child left behind that holds the output open does not hold the answer up", async () => {
  const result = await run(["sh", "-c", "sleep 30 & echo $!"], {});
  process.kill(Number(result.stdout), "SIGKILL");
  expect(result.code).toBe(0);
});
