import { mkdtempSync, statSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "@mastra/core/agent";
import { supportsComputer, supportsNetworking, Workspace } from "@mastra/core/workspace";
import { afterEach, expect, test, vi } from "vitest";
import { VitrineSandbox, type VitrineSandboxOptions } from "../../src/integrations/mastra/index.ts";
import { adapterWorld, SCREEN } from "../support/adapter-world.ts";
import { scriptedAiModel } from "../support/scripted-ai-model.ts";

// Mastra would tell its makers of each run.
vi.hoisted(() => {
  process.env.MASTRA_TELEMETRY_DISABLED = "1";
});

const world = adapterWorld();
const { user } = world.options;
const scratch = { template: "scratch" } as const;
const sandboxes: VitrineSandbox[] = [];
afterEach(async () => {
  for (const sandbox of sandboxes.splice(0)) await sandbox._destroy();
});

const sandboxOf = (options: Omit<Partial<VitrineSandboxOptions>, "vitrine"> = {}) => {
  const workingDirectory = mkdtempSync(join(world.dir, "work-"));
  const sandbox = new VitrineSandbox({ vitrine: world.vitrine, user, workingDirectory, ...options });
  sandboxes.push(sandbox);
  return sandbox;
};

/** What a model that makes these calls, one a turn, is answered by Mastra's own agent. */
const answersTo = async (sandbox: VitrineSandbox, ...calls: [string, object][]) => {
  const { model, told, done } = scriptedAiModel(calls);
  const workspace = new Workspace({ sandbox });
  const agent = new Agent({
    id: "worker",
    name: "worker",
    instructions: "Work.",
    // Mastra has a copy of the AI SDK's types that is some patches older.
    model: model as unknown as ConstructorParameters<typeof Agent>[0]["model"],
    workspace,
  });
  const { text } = await agent.generate("Work.", { maxSteps: calls.length + 1 });
  expect(text).toBe(done);
  return told().map((answer) => JSON.stringify(answer));
};

test("an agent works in one computer for many turns, and it is gone when the sandbox is destroyed", async () => {
  const sandbox = sandboxOf({ computer: scratch });
  const answers = await answersTo(
    sandbox,
    ["mastra_workspace_execute_command", { command: "mkdir in && echo kept > in/a.txt" }],
    ["mastra_workspace_execute_command", { command: "cat a.txt; echo failed >&2; exit 3", cwd: "in" }],
    ["mastra_workspace_execute_command", { command: "cat in/a.txt; sleep 1000", timeout: 0.5 }],
    ["mastra_workspace_execute_command", { command: "sleep 1000", background: true }],
  );
  expect(answers[1]).toMatch(/failed.*Exit code: 3/);
  expect(answers[2]).toMatch(/Killed after 500 ms.*Exit code: 124/);
  const [, pid = ""] = /PID: (\d+)/.exec(answers[3] ?? "") ?? [];
  expect(await answersTo(sandbox, ["mastra_workspace_kill_process", { pid }])).toEqual([expect.stringContaining(pid)]);
  const computer = await sandbox.running();
  expect((await computer.processes.list()).some(({ running }) => running)).toBe(false);
  expect(await world.computers()).toEqual([computer.id]);
  await new Workspace({ sandbox }).destroy();
  expect(await world.computers()).toEqual([]);
});

test("a sandbox finds the computer of its id again, suspended or not", async () => {
  const outcomes: unknown[] = [];
  const options = { id: "kept", computer: scratch, onStart: ({ outcome }: { outcome?: unknown }) => void outcomes.push(outcome) };
  const first = sandboxOf(options);
  await first.writeFiles([{ path: "deep/run.sh", content: "#!/bin/sh\necho ran", mode: 0o755 }]);
  const { id } = await first.running();
  const at = join(first.workingDirectory!, "deep/run.sh");
  expect(statSync(at).mode & 0o777).toBe(0o755);
  await first._stop();
  expect((await world.vitrine.computers.get("kept")).status).toBe("restorable");
  const second = sandboxOf({ ...options, workingDirectory: first.workingDirectory! });
  expect(await second.executeCommand!("deep/run.sh")).toMatchObject({ success: true, stdout: "ran\n", exitCode: 0 });
  expect((await second.running()).id).toBe(id);
  expect(await second.executeCommand!("printf %s", ["two words"])).toMatchObject({ stdout: "two words" });
  await (await world.vitrine.computers.get("kept")).stop();
  expect(await second.executeCommand!("cat deep/run.sh")).toMatchObject({ exitCode: 0 });
  expect(outcomes).toEqual(["created", "connected", "connected"]);
  expect(second.getInfo()).toMatchObject({ id: "kept", status: "running", resources: { cpuCores: 2 } });
  const written = second.writeFiles([{ path: "late", content: "" }], { abortSignal: AbortSignal.abort() });
  await expect(written).rejects.toMatchObject({ code: "ABORTED" });
});

test("a process takes input, is waited for, and ends with its signal", async () => {
  const { processes } = sandboxOf({ computer: scratch });
  const heard: string[] = [];
  const echo = await processes!.spawn("cat; echo failed >&2; exit 3", { onStdout: (text) => heard.push(text) });
  await echo.sendStdin("words");
  await echo.closeStdin();
  expect(await echo.wait()).toMatchObject({ exitCode: 3, stdout: "words", stderr: "failed\n", killed: false, timedOut: false });
  expect(heard.join("")).toBe("words");
  const closed = await processes!.spawn("cat", { stdinMode: "ignore" });
  await expect(closed.sendStdin("x")).rejects.toThrow("stdinMode 'pipe'");
  expect((await closed.wait()).exitCode).toBe(0);
  const abort = new AbortController();
  const long = await processes!.spawn("sleep 1000", { abortSignal: abort.signal });
  expect(await processes!.list()).toContainEqual({ pid: long.pid, command: "sleep 1000", running: true });
  abort.abort();
  expect(await long.wait()).toMatchObject({ exitCode: 137, killed: true });
  expect(await long.kill()).toBe(false);
});

test("an agent uses the screen where there is one", async () => {
  const sandbox = sandboxOf();
  const answers = await answersTo(
    sandbox,
    ["mastra_workspace_computer_screenshot", {}],
    ["mastra_workspace_computer_click", { x: 40, y: 50 }],
    ["mastra_workspace_computer_scroll", { direction: "down" }],
    ["mastra_workspace_computer_press_key", { key: ["ctrl", "a"] }],
    ["mastra_workspace_computer_type", { text: "words" }],
    ["mastra_workspace_computer_click", { x: 5000, y: 50 }],
  );
  expect(answers[0]).toContain("iVBOR");
  expect(answers.slice(1, 5).filter((answer) => /error/i.test(answer))).toEqual([]);
  expect(answers[5]).toMatch(/screen/);
  const { computer } = sandbox;
  await computer!.drag({ x: 1, y: 2 }, { x: 30, y: 40 });
  expect(await computer!.getCursorPosition()).toEqual({ x: 30, y: 40 });
  expect(await computer!.getScreenSize()).toEqual(SCREEN);
  expect(await computer!.streamUrl!()).toMatch(/^http/);
  expect(supportsComputer(sandboxOf({ computer: scratch }))).toBe(false);
  expect(supportsComputer(sandboxOf({ computer: { browser: { mode: "headless" } } }))).toBe(false);
});

test("a port has a URL once the computer runs", async () => {
  const sandbox = sandboxOf({ computer: scratch });
  expect(supportsNetworking(sandbox)).toBe(true);
  expect(await sandbox.networking.getPortUrl(8080)).toBeNull();
  await sandbox._start();
  expect(await sandbox.networking.getPortUrl(8080)).toMatch(/^http.*8080/);
});
