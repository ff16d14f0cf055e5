import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { AIMessage, ToolMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { createDeepAgent } from "deepagents";
import { beforeEach, expect, test } from "vitest";
import { VitrineSandbox } from "../../src/integrations/deepagents/index.ts";
import { adapterWorld } from "../support/adapter-world.ts";

const world = adapterWorld();
let cwd: string;
let sandbox: VitrineSandbox;
beforeEach(async () => {
  cwd = mkdtempSync(join(world.dir, "work-"));
  sandbox = new VitrineSandbox(await world.vitrine.computers.create({ template: "scratch" }), { ...world.options, cwd });
});

/** What a model that makes these calls, one a turn, is answered by the deep agent. */
const answersTo = async (...calls: [name: string, args: object][]) => {
  const model = fakeModel();
  for (const [name, args] of calls) model.respondWithTools([{ name, args: { ...args } }]);
  model.respond(new AIMessage("Done."));
  const { messages } = await createDeepAgent({ model, backend: sandbox }).invoke({ messages: [{ role: "user", content: "Work." }] });
  expect(messages.at(-1)?.content).toBe("Done.");
  return messages.filter((message) => ToolMessage.isInstance(message)).map(({ text }) => text);
};

test("an agent writes, runs, edits, searches and reads in one computer for many turns", async () => {
  const file_path = join(cwd, "deep/notes.txt");
  const answers = await answersTo(
    ["write_file", { file_path, content: "draft\nsecond\n" }],
    ["execute", { command: "cat deep/notes.txt; echo failed >&2; exit 3" }],
    ["edit_file", { file_path, old_string: "draft", new_string: "final" }],
    ["read_file", { file_path }],
    ["grep", { pattern: "final", path: cwd }],
    ["glob", { pattern: "**/*.txt", path: cwd }],
    ["ls", { path: cwd }],
    ["delete", { file_path }],
    ["read_file", { file_path }],
  );
  expect(answers).toEqual([
    expect.stringContaining("notes.txt"),
    expect.stringMatching(/draft\nsecond\n\nfailed\n[\s\S]*exit code 3/),
    expect.stringContaining("notes.txt"),
    expect.stringMatching(/final[\s\S]*second/),
    expect.stringContaining("final"),
    expect.stringContaining("deep/notes.txt"),
    expect.stringContaining("deep"),
    expect.stringContaining("Deleted"),
    expect.stringContaining("not found"),
  ]);
  expect(await world.computers()).toEqual([sandbox.id]);
});

test("files go up and come down, each with what became of it", async () => {
  const bytes = Buffer.from([0, 255, 1]);
  const [good, folder, under] = [join(cwd, "a/b.bin"), join(cwd, "a"), join(cwd, "a/b.bin/c")];
  expect(
    await sandbox.uploadFiles([
      [good, bytes],
      [folder, bytes],
      ["relative", bytes],
    ]),
  ).toEqual([
    { path: good, error: null },
    { path: folder, error: "is_directory" },
    { path: "relative", error: "invalid_path" },
  ]);
  expect(await sandbox.downloadFiles([good, folder, join(cwd, "none"), under])).toEqual([
    { path: good, content: bytes, error: null },
    { path: folder, content: null, error: "is_directory" },
    { path: join(cwd, "none"), content: null, error: "file_not_found" },
    { path: under, content: null, error: expect.stringMatching(/invalid_path|file_not_found/) },
  ]);
  await sandbox.computer.delete();
  await expect(sandbox.downloadFiles([good])).rejects.toMatchObject({ code: "wrong_state" });
});

test("a command that takes too long or says too much is told of", async () => {
  const short = new VitrineSandbox(sandbox.computer, { ...world.options, timeout_s: 0.5 });
  expect(await short.execute("echo begun; sleep 60")).toEqual({
    output: "begun\n\nKilled after 0.5 s.",
    exitCode: 124,
    truncated: false,
  });
  const long = await sandbox.execute("head -c 3000000 /dev/zero | tr '\\0' x");
  expect(long).toMatchObject({ exitCode: 0, truncated: true });
});
