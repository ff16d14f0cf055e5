import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FRAME } from "../../../src/contract/guest/frames.ts";
import type { ExecSpec } from "../../../src/contract/guest/protocol.ts";
import { exitOf } from "../../../src/server/guest/exec.ts";
import { soon, startAgent, type TestAgent } from "./agent.ts";

let agent: TestAgent;
beforeAll(async () => {
  agent = await startAgent({ settings: { env: { FROM_SETTINGS: "s", BOTH: "s" } } });
});
afterAll(() => agent.stop());

const run = (spec: Partial<ExecSpec>) => agent.guest.exec({ user: "ohm", timeout_ms: 20_000, ...spec }, soon());
const gone = (pid: number) => expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 10_000 }).toBe(false);

test("a shell command's output, exit code and duration come back", async () => {
  const result = await run({ command: "echo out; echo err >&2; exit 3" });
  expect(result).toMatchObject({ exit_code: 3, signal: null, stdout: "out\n", stderr: "err\n", timed_out: false, truncated: false });
});

test("argv is run as it is", async () => {
  const result = await run({ argv: ["printf", "%s|", "a b", "$HOME", ""] });
  expect(result.stdout).toBe("a b|$HOME||");
});

test("stdout and stderr can be opened by name", async () => {
  const result = await run({ command: "echo one > /dev/stdout; echo two > /dev/stderr; cat /dev/stdin", stdin: "three" });
  expect(result).toMatchObject({ stdout: "one\nthree", stderr: "two\n", exit_code: 0 });
});

test("the environment is a login's, over it the settings, over them the call's", async () => {
  const result = await run({ argv: ["env"], env: { BOTH: "call", OWN: "x" } });
  const lines = result.stdout.split("\n");
  expect(lines).toEqual(expect.arrayContaining(["FROM_SETTINGS=s", "BOTH=call", "OWN=x", "LANG=C.UTF-8", "DISPLAY=:0"]));
  expect(result.stdout).toMatch(/^HOME=\/.+\nUSER=.+\nLOGNAME=.+\nSHELL=\/.+$/m);
  expect(result.stdout).not.toContain("VITRINE_AGENT");
  expect(result.stdout).not.toContain(agent.secret);
});

test("cwd is used, and one that is missing or no folder is an error", async () => {
  expect((await run({ argv: ["pwd"], cwd: agent.files })).stdout).toBe(`${agent.files}\n`);
  await expect(run({ argv: ["pwd"], cwd: "/no/such" })).rejects.toMatchObject({ code: "file_not_found", details: { path: "/no/such" } });
  await expect(run({ argv: ["pwd"], cwd: "/etc/passwd" })).rejects.toMatchObject({ code: "not_a_directory" });
  await expect(run({ argv: ["pwd"], cwd: "/tmp/../etc" })).rejects.toMatchObject({ code: "invalid_path" });
});

test("an unknown user is an error", async () => {
  await expect(run({ command: "id", user: "nobody-of-that-name" })).rejects.toMatchObject({ code: "invalid_request" });
});

test.runIf(process.getuid?.() === 0)("another user's ids and groups are taken on", async () => {
  const result = await run({ command: "id -un; id -gn; echo $HOME", user: "daemon" });
  expect(result.stdout).toBe("daemon\ndaemon\n/usr/sbin\n");
  expect((await run({ command: "id -u", user: "root" })).stdout).toBe("0\n");
});

test("what cannot be executed gives a shell's codes", async () => {
  expect(await run({ argv: ["no-such-program"] })).toMatchObject({ exit_code: 127, stderr: "no-such-program: command not found\n" });
  const file = join(agent.files, "not-executable");
  writeFileSync(file, "x", { mode: 0o644 });
  expect(await run({ argv: [file] })).toMatchObject({ exit_code: 126, stderr: `${file}: Permission denied\n` });
  expect(await run({ command: "no-such-program" })).toMatchObject({ exit_code: 127 });
});

test("output beyond the limit is dropped and the program is not held up", async () => {
  const result = await run({ command: "head -c 3000000 /dev/zero | tr '\\0' x; printf end >&2", output_limit: 100_000 });
  expect(result).toMatchObject({ exit_code: 0, truncated: true, stderr: "end" });
  expect(result.stdout.length).toBe(100_000);
});

test("a character that the limit would cut is left out", async () => {
  expect(await run({ argv: ["printf", "aé"], output_limit: 2 })).toMatchObject({ stdout: "a", truncated: true });
});

test("a large stdin arrives whole", async () => {
  const stdin = "ž0123456789".repeat(300_000);
  const result = await run({ command: "sha256sum; wc -c < /dev/null", stdin });
  const { createHash } = await import("node:crypto");
  expect(result.stdout).toContain(createHash("sha256").update(stdin).digest("hex"));
});

test("a timeout ends the whole group, also members that ignore SIGTERM", async () => {
  const result = await run({
    command: "bash -c 'trap \"\" TERM; echo $BASHPID; exec >&- 2>&-; while :; do read -t 60 <> <(:); done' & wait",
    timeout_ms: 500,
  });
  expect(result).toMatchObject({ timed_out: true, exit_code: null, signal: "SIGTERM" });
  await gone(Number(result.stdout));
});

test("a program that ignores SIGTERM is killed", async () => {
  const result = await run({ argv: ["bash", "-c", "trap '' TERM; echo $$; while :; do sleep 1; done"], timeout_ms: 1000 });
  expect(result).toMatchObject({ timed_out: true, signal: "SIGKILL" });
  await gone(Number(result.stdout));
});

test("a grandchild that keeps the output open does not hold the answer, and lives on", async () => {
  const result = await run({ command: "sleep 300 & echo $!" });
  expect(result).toMatchObject({ exit_code: 0, timed_out: false });
  const pid = Number(result.stdout);
  expect(existsSync(`/proc/${pid}`)).toBe(true);
  process.kill(pid, "SIGKILL");
});

test("output that was written just before the exit is not lost", async () => {
  const size = 60_000;
  for (let i = 0; i < 3; i++) {
    const result = await run({ command: `head -c ${size} /dev/zero | tr '\\0' x; sleep 5 > /dev/null & exit 0` });
    expect(result.stdout.length).toBe(size);
  }
});

test("an abort kills the group", async () => {
  const abort = new AbortController();
  const file = join(agent.files, "pids");
  const running = agent.guest.exec({ command: `sleep 300 & echo $! $$ > ${file}; wait`, user: "ohm", timeout_ms: 60_000 }, abort.signal);
  running.catch(() => {});
  await expect.poll(() => existsSync(file) && Number(words(file)[1] ?? "0") > 0, { timeout: 10_000 }).toBe(true);
  const pids = words(file).map(Number);
  abort.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  for (const pid of pids) await gone(pid);
});

test("a stream gives frames as they come, and leaving it kills the group", async () => {
  let pid = 0;
  for await (const frame of agent.guest.execStream({ command: "echo $$; exec sleep 300", user: "ohm", timeout_ms: 60_000 }, soon())) {
    expect(frame.type).toBe(FRAME.stdout);
    pid = Number(frame.payload.toString());
    break;
  }
  expect(pid).toBeGreaterThan(1);
  await gone(pid);
});

test("a stream ends with its exit, and a slow reader holds the program back without loss", async () => {
  let bytes = 0;
  let exit: unknown;
  const spec: ExecSpec = { command: "head -c 20000000 /dev/zero", user: "ohm", timeout_ms: 60_000 };
  for await (const frame of agent.guest.execStream(spec, soon(60_000))) {
    if (frame.type === FRAME.exit) exit = exitOf(frame);
    else bytes += frame.payload.length;
    if (bytes < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(bytes).toBe(20_000_000);
  expect(exit).toMatchObject({ exit_code: 0, truncated: false, timed_out: false });
});

test("many at once", async () => {
  const results = await Promise.all(Array.from({ length: 30 }, (_, i) => run({ argv: ["echo", String(i)] })));
  expect(results.map((r) => r.stdout)).toEqual(results.map((_, i) => `${i}\n`));
});

const words = (file: string) => readFileSync(file, "utf8").trim().split(" ");
