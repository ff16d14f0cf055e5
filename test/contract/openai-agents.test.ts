import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Agent, computerTool, run } from "@openai/agents";
import { Capabilities, Manifest, SandboxAgent, skills } from "@openai/agents/sandbox";
import { localDirLazySkillSource } from "@openai/agents/sandbox/local";
import { assistantMessage, functionCall, ScriptedModel } from "@openai/agents/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { LocalVitrine, Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import {
  oneShotTool,
  VitrineComputer,
  VitrineSandboxClient,
  type VitrineSandboxSession,
  vitrineTools,
} from "../../src/integrations/openai-agents/index.ts";
import { startLocal } from "../../src/local.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { PLAIN, workAndResume } from "../support/sandbox-agent.ts";
import { fakeHost, startService, type TestService } from "../support/service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
const user = userInfo().username;
let xvnc: TestXvnc;
let service: TestService;
let vitrine: Vitrine;
let root: string;
let session: VitrineSandboxSession | undefined;

beforeAll(async () => {
  xvnc = await startXvnc({ width: 1280, height: 800 });
  service = await startService(dir, fakeFleet({ [RFB_PORT]: xvnc.port }));
  vitrine = new Vitrine(service);
});
beforeEach(() => {
  root = join(mkdtempSync(join(dir, "case-")), "workspace");
});
afterEach(async () => {
  await session?.close();
  session = undefined;
  for await (const computer of vitrine.computers.all()) await computer.delete();
});
afterAll(async () => {
  await service?.close();
  await xvnc?.kill();
  rmSync(dir, { recursive: true });
});

const create = async (manifest: object = {}, options: object = {}) => {
  const client = new VitrineSandboxClient({ vitrine, template: "scratch", user });
  session = await client.create({ manifest: new Manifest({ root, ...manifest }), options });
  return session;
};
/** Without what the host's login shells do. */
const plain = { login: false, yieldTimeMs: 60_000 };
const computers = async () => (await vitrine.computers.list()).data.map(({ id }) => id);

test("an agent works, its state is saved, and another client finds its file", async () => {
  const { said, worked, found, saved, computerId } = await workAndResume(() => new Vitrine(service), root, user);
  expect(said).toEqual(["Done.", "Found."]);
  expect(worked).toHaveLength(3);
  expect(worked[0]).toContain(`Ada in ${root}`);
  expect(worked[2]).toContain("image/png");
  expect(found[0]).toContain("final");
  expect(saved).not.toContain(service.apiKey);
  expect(await computers()).toEqual([computerId]);
});

test("the same agent works with the engine in this process", async () => {
  const dataDir = mkdtempSync(join(dir, "local-data-"));
  await using local = new LocalVitrine(await startLocal({ dataDir, host: fakeHost(fakeFleet()) }));
  const { said, computerId } = await workAndResume(() => local, root, user);
  expect(said).toEqual(["Done.", "Found."]);
  await local.computers.delete(computerId);
});

test("a run that is given the client alone has a computer for as long as it takes: a folder to work in, a terminal, skills when they are wanted", async () => {
  const src = mkdtempSync(join(dir, "skills-"));
  mkdirSync(join(src, "greeting"));
  writeFileSync(join(src, "greeting/SKILL.md"), "---\nname: greeting\ndescription: How to greet\n---\nSay ahoy.\n");
  const model = new ScriptedModel([
    [functionCall("exec_command", { ...PLAIN, cmd: "pwd; read line; echo got $line", tty: true, yield_time_ms: 10 }, { callId: "c1" })],
    [functionCall("write_stdin", { session_id: 1, chars: "words\n", yield_time_ms: 60_000 }, { callId: "c2" })],
    [functionCall("load_skill", { skill_name: "greeting" }, { callId: "c3" })],
    [functionCall("exec_command", { ...PLAIN, cmd: "cat ../.agents/greeting/SKILL.md" }, { callId: "c4" })],
    [assistantMessage("Done.")],
  ]);
  const agent = new SandboxAgent({
    name: "worker",
    model,
    defaultManifest: new Manifest({ root, entries: { app: { type: "dir" } } }),
    capabilities: [...Capabilities.default(), skills({ lazyFrom: localDirLazySkillSource({ src, baseDir: src }) })],
  });
  const client = new VitrineSandboxClient({ vitrine, image: "scratch", cpus: 1, memory: 768, user });
  const begun = service.fleet.booted.length;
  const { output } = await run(agent, "Work.", { sandbox: { client, cwd: "app" } });
  const answers = output.flatMap((item) => (item.type === "function_call_result" ? [JSON.stringify(item.output)] : []));
  expect(answers.slice(0, 2).join("")).toContain(join(root, "app"));
  expect(answers[1]).toMatch(/exited with code 0.*got words/);
  expect(answers[2]).toContain("loaded");
  expect(answers[3]).toContain("Say ahoy.");
  expect(service.fleet.booted).toHaveLength(begun + 1);
  expect(await computers()).toEqual([]);
});

test("a manifest may name the guest's own user, as an agent's runAs does, and no other", async () => {
  const sandbox = await create({ users: [{ name: "ohm" }] });
  await sandbox.createEditor("ohm").createFile({ type: "create_file", path: "new", diff: "+a" });
  await expect(create({ users: [{ name: "ada" }] })).rejects.toMatchObject({ code: "unsupported_feature" });
});

test("deletes on close the computer it made, and not one it was given", async () => {
  await (await create()).close();
  expect(await computers()).toEqual([]);
  const { id } = await vitrine.computers.create({ template: "scratch" });
  await (await create({}, { computer_id: id })).close();
  expect(await computers()).toEqual([id]);
  await expect(create({}, { cpus: 1, vcpus: 1 })).rejects.toMatchObject({ code: "configuration_error" });
  await expect(create({}, { computer_id: "nobody" })).rejects.toMatchObject({ code: "lifecycle_error" });
  await expect(create({ entries: { cloud: { type: "s3_mount", bucket: "b" } } })).rejects.toMatchObject({ code: expect.any(String) });
  expect(await computers()).toEqual([id]);
});

test("a command that goes on takes input, and ends with the session", async () => {
  const sandbox = await create();
  const { sessionId = 0, exitCode } = await sandbox.exec({ cmd: "read line; echo got $line; exit 3", login: false, yieldTimeMs: 10 });
  expect(exitCode).toBeUndefined();
  expect(await sandbox.writeStdin({ sessionId, chars: "words\n", yieldTimeMs: 60_000 })).toMatch(/exited with code 3[\s\S]*got words/);
  await expect(sandbox.writeStdin({ sessionId })).rejects.toMatchObject({ code: "pty_session_not_found" });
  await sandbox.exec({ cmd: "sleep 1000", yieldTimeMs: 0 });
  const { computer } = sandbox;
  sandbox.state.delete_on_close = false;
  await sandbox.close();
  await expect.poll(async () => (await computer.processes.list()).some(({ running }) => running)).toBe(false);
});

test("a command has a terminal where it asks for one, and ends with the session there, too", async () => {
  const sandbox = await create();
  const cmd = "stty size; read line; echo got $line; exit 3";
  const { sessionId = 0, exitCode, output } = await sandbox.exec({ cmd, login: false, tty: true, yieldTimeMs: 10 });
  expect(exitCode).toBeUndefined();
  const answer = await sandbox.writeStdin({ sessionId, chars: "w\u00f6rds\n", yieldTimeMs: 60_000 });
  expect(answer).toMatch(/exited with code 3[\s\S]*got w\u00f6rds/);
  expect(output + answer).toContain("24 80");
  await sandbox.exec({ cmd: "sleep 1000", login: false, tty: true, yieldTimeMs: 0 });
  const { computer } = sandbox;
  sandbox.state.delete_on_close = false;
  await sandbox.close();
  await expect.poll(() => computer.terminals.list()).toEqual([]);
});

test("makes what a manifest lists, and packs and unpacks it but for what is ephemeral", async () => {
  const local = mkdtempSync(join(dir, "local-"));
  mkdirSync(join(local, "deep"));
  writeFileSync(join(local, "deep/leaf"), "leaf");
  const sandbox = await create({
    entries: {
      box: { type: "dir", children: { "run.sh": { type: "file", content: "#!/bin/sh\necho ran", permissions: "-rwxr-xr-x" } } },
      copy: { type: "local_dir", src: local },
      one: { type: "local_file", src: join(local, "deep/leaf") },
      gone: { type: "file", content: "secret", ephemeral: true },
    },
  });
  expect(await sandbox.execCommand({ cmd: "box/run.sh", ...plain })).toMatch(/code 0[\s\S]*ran/);
  expect(Buffer.from(await sandbox.readFile({ path: "copy/deep/leaf", maxBytes: 3 })).toString()).toBe("lea");
  expect(await sandbox.listDir({ path: "copy" })).toEqual([{ name: "deep", path: "copy/deep", type: "dir" }]);
  const tar = await sandbox.persistWorkspace();
  expect(Buffer.from(tar).includes("secret")).toBe(false);
  rmSync(root, { recursive: true });
  await sandbox.hydrateWorkspace(tar);
  expect(await sandbox.pathExists("one")).toBe(true);
  expect(await sandbox.pathExists("gone")).toBe(false);
  await expect(sandbox.hydrateWorkspace(tar, { archiveLimits: { maxMembers: 2 } })).rejects.toMatchObject({ code: "archive_error" });
});

test("takes a repository, whole or a part", async () => {
  const repo = mkdtempSync(join(dir, "repo-"));
  const sandbox = await create();
  const made = `cd ${repo} && git init -q -b main && mkdir part && echo hi > part/file && git add . && git -c user.name=a -c user.email=a@b commit -qm one`;
  expect(await sandbox.execCommand({ cmd: made, ...plain })).toContain("code 0");
  await sandbox.materializeEntry({ path: "all", entry: { type: "git_repo", repo: `file://${repo}`, ref: "main" } });
  await sandbox.materializeEntry({ path: "part", entry: { type: "git_repo", repo: `file://${repo}`, subpath: "part" } });
  expect(await sandbox.pathExists("all/part/file")).toBe(true);
  expect(await sandbox.pathExists("part/file")).toBe(true);
  const failing = (entry: object) => sandbox.materializeEntry({ path: "x", entry: { type: "git_repo", repo: `file://${repo}`, ...entry } });
  await expect(failing({ ref: "none" })).rejects.toMatchObject({ code: "git_clone_error" });
  await expect(failing({ subpath: "../.." })).rejects.toMatchObject({ code: "git_subpath_error" });
});

test("no path leads out of the workspace, and what fails has the SDK's code", async () => {
  const sandbox = await create();
  symlinkSync(dir, join(root, "out"));
  await expect(sandbox.readFile({ path: "../x" })).rejects.toMatchObject({ code: "invalid_manifest_path" });
  await expect(sandbox.readFile({ path: "out/api-key" })).rejects.toMatchObject({ code: "invalid_manifest_path" });
  await expect(sandbox.readFile({ path: "none" })).rejects.toMatchObject({ code: "workspace_read_not_found" });
  const editor = sandbox.createEditor();
  const update = (path: string, diff = "@@\n-a\n+b") => editor.updateFile({ type: "update_file", path, diff });
  await expect(update("none")).rejects.toMatchObject({ code: "apply_patch_file_not_found" });
  await expect(update("out/x")).rejects.toMatchObject({ code: "apply_patch_invalid_path" });
  await editor.createFile({ type: "create_file", path: "new", diff: "+c" });
  await expect(update("new")).rejects.toMatchObject({ code: "apply_patch_invalid_diff" });
  await editor.updateFile({ type: "update_file", path: "new", diff: "@@\n-c\n+d", moveTo: "moved" });
  expect(await sandbox.pathExists("new")).toBe(false);
  await editor.deleteFile({ type: "delete_file", path: "out" });
  expect(await sandbox.directoryExists(".")).toBe(true);
});

test("an exposed port has a URL that opens it", async () => {
  const sandbox = await create({}, { exposed_ports: [8080] });
  expect(await sandbox.resolveExposedPort(8080)).toMatchObject({
    tls: false,
    query: expect.stringMatching(/./),
    url: expect.stringMatching(/^http/),
  });
  await expect(sandbox.resolveExposedPort(8081)).rejects.toMatchObject({ code: "exposed_port_unavailable" });
});

test("an agent uses the screen by computerTool, and is told what cannot be done", async () => {
  const computer = new VitrineComputer(await vitrine.computers.create());
  expect(computer.dimensions).toEqual([1280, 800]);
  const actions = [
    { type: "screenshot" },
    { type: "click", x: 10, y: 10, button: "wheel" },
    { type: "double_click", x: 20, y: 20 },
    { type: "move", x: 30, y: 30 },
    { type: "scroll", x: 30, y: 30, scroll_x: 0, scroll_y: 100 },
    { type: "keypress", keys: ["CTRL", "A"] },
    { type: "type", text: "words" },
    {
      type: "drag",
      path: [
        { x: 1, y: 2 },
        { x: 30, y: 40 },
      ],
    },
    { type: "wait" },
  ] as const;
  const calls = actions.map((action, at) => [{ type: "computer_call" as const, callId: `c${at}`, status: "completed" as const, action }]);
  const model = new ScriptedModel([...calls, [assistantMessage("Done.")]] as never);
  const agent = new Agent({ name: "worker", model, tools: [computerTool({ computer })] });
  const { output, finalOutput } = await run(agent, "Look.", { maxTurns: actions.length + 1 });
  expect(finalOutput).toBe("Done.");
  const shown = output.flatMap((item) => (item.type === "computer_call_result" ? [item.output.data] : []));
  expect(shown).toEqual(actions.map(() => expect.stringMatching(/^data:image\/png;base64,iVBOR/)));
  await expect(computer.move(5000, 10)).rejects.toThrow(/screen/);
});

/** What a model that makes these calls, one a turn, is answered. */
const answersTo = async (tools: Agent["tools"], ...calls: [name: string, input: object][]) => {
  const turns = calls.map(([name, input], at) => [functionCall(name, { ...input }, { callId: `c${at}` })]);
  const model = new ScriptedModel([...turns, [assistantMessage("Done.")]]);
  const { output } = await run(new Agent({ name: "worker", model, tools }), "Work.");
  return output.flatMap((item) => (item.type === "function_call_result" ? [JSON.stringify(item.output)] : []));
};

test("function tools work in one computer for many turns, and tell the model what failed", async () => {
  const computer = await vitrine.computers.create({ template: "scratch" });
  const file = join(root, "a.txt");
  const answers = await answersTo(
    vitrineTools(computer, { user }),
    ["write_file", { path: file, content: "first\n" }],
    ["run_command", { command: `echo second >> ${file}; exit 3` }],
    ["read_file", { path: file }],
    ["read_file", { path: join(root, "none") }],
  );
  expect(answers).toEqual([
    expect.stringContaining("6 bytes"),
    expect.stringContaining("Exit code 3."),
    expect.stringContaining("first\\nsecond\\n"),
    expect.stringContaining("file_not_found: "),
  ]);
  expect(await computers()).toEqual([computer.id]);
});

test("a one-shot tool has a computer for each call, which is gone after it", async () => {
  const before = service.fleet.booted.length;
  const answers = await answersTo(
    [oneShotTool(vitrine, { user, cwd: dir, timeout_s: 2 })],
    ["run_in_new_computer", { command: "echo kept > a.txt && cat a.txt" }],
    ["run_in_new_computer", { command: "sleep 60" }],
  );
  expect(answers).toEqual([expect.stringContaining("stdout:\\nkept"), expect.stringContaining("Killed after 2 s.")]);
  expect(service.fleet.booted).toHaveLength(before + 2);
  expect(await computers()).toEqual([]);
});
