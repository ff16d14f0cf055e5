import { mkdtempSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { anthropic } from "@ai-sdk/anthropic";
import { openai } from "@ai-sdk/openai";
import { generateText, isStepCount, jsonSchema, type ToolSet, tool } from "ai";
import { expect, test, vi } from "vitest";
import {
  anthropicComputer,
  anthropicComputerToolset,
  oneShotTools,
  openaiComputer,
  sandboxSession,
  vitrineTools,
} from "../../src/integrations/ai-sdk/index.ts";
import { adapterWorld } from "../support/adapter-world.ts";
import { scriptedAiModel } from "../support/scripted-ai-model.ts";

const world = adapterWorld();
const { dir, options, computers } = world;

/** What a model that makes these calls, one a turn, is answered. */
const answersTo = async (
  settings: { tools: ToolSet } & Pick<Parameters<typeof generateText>[0], "experimental_sandbox">,
  ...calls: [string, object][]
) => {
  const { model, told, done } = scriptedAiModel(calls);
  const { text } = await generateText({ model, prompt: "Work.", stopWhen: isStepCount(calls.length + 1), ...settings });
  expect(text).toBe(done);
  return told();
};

test("tools work in one computer for many turns, and tell the model what failed", async () => {
  const computer = await world.vitrine.computers.create({ template: "scratch" });
  const path = join(dir, "kept/a.txt");
  const answers = await answersTo(
    { tools: vitrineTools(computer, options) },
    ["write_file", { path, content: "first\n" }],
    ["run_command", { command: `echo second >> ${path}; exit 3` }],
    ["read_file", { path }],
    ["read_file", { path: join(dir, "none") }],
  );
  expect(answers).toEqual([
    { type: "text", value: expect.stringContaining("6 bytes") },
    { type: "text", value: "Exit code 3." },
    { type: "text", value: "first\nsecond\n" },
    { type: "error-text", value: expect.stringContaining("file_not_found: ") },
  ]);
  expect(await computers()).toEqual([computer.id]);
});

test("a one-shot tool has a computer for each call, which is gone after it", async () => {
  const before = world.booted();
  const command = "echo kept > one.txt && cat one.txt";
  const tools = oneShotTools(world.vitrine, options);
  const answers = await answersTo({ tools }, ["run_in_new_computer", { command }], ["run_in_new_computer", { command: "exit 4" }]);
  expect(answers).toEqual([
    { type: "text", value: "Exit code 0.\nstdout:\nkept\n" },
    { type: "text", value: "Exit code 4." },
  ]);
  expect(world.booted()).toBe(before + 2);
  expect(await computers()).toEqual([]);
});

test("a one-shot tool that is aborted leaves no computer", async () => {
  const abort = new AbortController();
  const { run_in_new_computer: once } = oneShotTools(world.vitrine, options);
  const call = { toolCallId: "c", messages: [], context: {}, abortSignal: abort.signal };
  const running = Promise.resolve(once!.execute!({ command: "echo $$ > pid; sleep 1000" }, call));
  const refused = expect(running).rejects.toThrow(/enough/);
  await vi.waitFor(() => statSync(join(dir, "pid")), 20_000);
  abort.abort(new Error("enough"));
  await refused;
  expect(await computers()).toEqual([]);
});

test("a tool finds the computer as its sandbox", async () => {
  const computer = await world.vitrine.computers.create({ template: "scratch" });
  const shell = tool({
    inputSchema: jsonSchema<{ command: string }>({ type: "object", properties: { command: { type: "string" } } }),
    execute: async ({ command }, { experimental_sandbox: sandbox }) => {
      await sandbox!.writeTextFile({ path: "in/put.txt", content: "words" });
      const { exitCode } = await sandbox!.run({ command, workingDirectory: "in" });
      return `${exitCode} ${await sandbox!.readTextFile({ path: "in/out.txt" })}`;
    },
  });
  const command = "tr a-z A-Z < put.txt > out.txt; exit 5";
  const answers = await answersTo({ tools: { shell }, experimental_sandbox: sandboxSession(computer, options) }, ["shell", { command }]);
  expect(answers).toEqual([{ type: "text", value: "5 WORDS" }]);
});

test("a sandbox's files are what the SDK says of them", async () => {
  const sandbox = sandboxSession(await world.vitrine.computers.create({ template: "scratch" }), {
    ...options,
    cwd: mkdtempSync(join(dir, "files-")),
  });
  await sandbox.writeFile({ path: "a/b.bin", content: new Blob(["one\ntwo\nthree\n"]).stream() });
  expect(await text((await sandbox.readFile({ path: "./a/../a/b.bin" }))!)).toBe("one\ntwo\nthree\n");
  expect(await sandbox.readTextFile({ path: "a/b.bin", startLine: 2, endLine: 3 })).toBe("two\nthree");
  expect(await sandbox.readTextFile({ path: "a/b.bin", endLine: 99 })).toBe("one\ntwo\nthree\n");
  await sandbox.writeTextFile({ path: "utf16", content: "ä", encoding: "utf-16le" });
  expect(await sandbox.readBinaryFile({ path: "utf16" })).toEqual(Buffer.from([0xe4, 0]));
  expect(await sandbox.readTextFile({ path: "utf16", encoding: "utf-16le" })).toBe("ä");
  expect((await sandbox.run({ command: "ln -s a/b.bin link; ln -s gone broken; mkfifo pipe" })).exitCode).toBe(0);
  expect(await sandbox.stat({ path: "link" })).toEqual({ type: "file", size: 14 });
  expect(await sandbox.stat({ path: "pipe" })).toMatchObject({ type: "other" });
  expect(await sandbox.listDirectory({ path: "." })).toEqual(
    expect.arrayContaining([
      { name: "a", type: "directory" },
      { name: "link", type: "symlink" },
    ]),
  );
  expect([await sandbox.deleteFile({ path: "link" }), await sandbox.deleteFile({ path: "link" })]).toEqual([true, false]);
  expect(await sandbox.stat({ path: "a/b.bin" })).not.toBeNull();
  const none = { path: "none" };
  for (const answer of [sandbox.readFile(none), sandbox.readBinaryFile(none), sandbox.readTextFile(none), sandbox.listDirectory(none)])
    expect(await answer).toBeNull();
  expect([await sandbox.stat(none), await sandbox.stat({ path: "broken" })]).toEqual([null, null]);
  await expect(Promise.resolve(sandbox.deleteFile({ path: "a" }))).rejects.toMatchObject({ code: "not_a_file" });
  await expect(Promise.resolve(sandbox.writeTextFile({ path: "a", content: "" }))).rejects.toMatchObject({ code: "not_a_file" });
  await expect(Promise.resolve(sandbox.listDirectory({ path: "a/b.bin" }))).rejects.toMatchObject({ code: "not_a_directory" });
});

test("a sandbox's process streams, takes input, is killed and aborted", async () => {
  const computer = await world.vitrine.computers.create({ template: "scratch" });
  const sandbox = sandboxSession(computer, options);
  const echo = await sandbox.spawn({ command: "cat; echo failed >&2; exit 3", stdin: true });
  const writer = echo.stdin.getWriter();
  await writer.write(Buffer.from("wörds"));
  await writer.close();
  expect([await text(echo.stdout), await text(echo.stderr), await echo.wait()]).toEqual(["wörds", "failed\n", { exitCode: 3 }]);
  expect(await (await sandbox.spawn({ command: "cat" })).wait()).toEqual({ exitCode: 0 });

  const long = await sandbox.spawn({ command: "sleep 1000" });
  await long.kill();
  await long.kill();
  expect(await long.wait()).toEqual({ exitCode: 137 });

  const abort = new AbortController();
  const aborted = await sandbox.spawn({ command: "sleep 1000", abortSignal: abort.signal });
  abort.abort(new Error("enough"));
  await expect(Promise.resolve(aborted.wait())).rejects.toThrow("enough");
  expect((await computer.processes.list()).some(({ running }) => running)).toBe(false);
  expect(await sandboxSession(computer, { ...options, timeout_s: 0.5 }).run({ command: "sleep 60" })).toMatchObject({
    exitCode: 124,
    stderr: expect.stringContaining("Killed after 0.5 s."),
  });
});

test("the vendors' computer tools drive the screen", async () => {
  const computer = await world.vitrine.computers.create();
  const png = { type: "file", mediaType: "image/png", data: { type: "data", data: expect.stringMatching(/^iVBOR/) } };
  const old = { computer: anthropic.tools.computer_20251124(anthropicComputer(computer)) };
  expect(
    await answersTo(
      { tools: old },
      ["computer", { action: "left_click", coordinate: [10, 10] }],
      ["computer", { action: "mouse_move", coordinate: [5000, 10] }],
    ),
  ).toEqual([
    { type: "content", value: [expect.objectContaining({ type: "text" }), png] },
    { type: "error-text", value: expect.stringContaining("screen") },
  ]);
  const toolset = { computer: anthropic.tools.computerToolset_20260801(anthropicComputerToolset(computer)) };
  expect(
    await answersTo({ tools: toolset }, ["computer", { action: "screenshot" }], ["computer", { action: "key", text: "Escape", repeat: 2 }]),
  ).toEqual([
    { type: "content", value: [png] },
    { type: "content", value: [expect.objectContaining({ type: "text" })] },
  ]);
  const call = { actions: [{ type: "scroll", x: 10, y: 10, scrollX: 0, scrollY: 100 }], pendingSafetyChecks: [], status: "completed" };
  const checked = { ...call, pendingSafetyChecks: [{ id: "sc1", code: "malicious" }] };
  const openaiTool = (agreed: boolean) => ({ computer: openai.tools.computer(openaiComputer(computer, () => agreed)) });
  const shown = { output: { type: "computer_screenshot", imageUrl: expect.stringMatching(/^data:image\/png;base64,iVBOR/) } };
  expect(await answersTo({ tools: openaiTool(false) }, ["computer", call], ["computer", checked])).toEqual([
    { type: "json", value: shown },
    { type: "error-text", value: expect.stringContaining("malicious") },
  ]);
  expect(await answersTo({ tools: openaiTool(true) }, ["computer", checked])).toEqual([
    { type: "json", value: { ...shown, acknowledgedSafetyChecks: checked.pendingSafetyChecks } },
  ]);
  const blind = await world.vitrine.computers.create({ template: "scratch" });
  expect(() => anthropicComputer(blind)).toThrow(/no display/);
});
