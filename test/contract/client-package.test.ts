import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Packed, pack, startRegistry } from "../support/registry.ts";
import { startService, type TestService } from "../support/service.ts";

// Each test starts compilers and npm.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const root = join(import.meta.dirname, "../..");
const modules = join(root, "node_modules");
const run = promisify(execFile);

/** What a user may write, in each of the languages. */
const PROGRAM = `
import { MissingPackageError, Vitrine, VitrineError } from "vitrine";
const vitrine = new Vitrine();
const computer = await vitrine.computers.create({ name: process.argv[2] });
const { stdout } = await computer.exec(["echo", "hello"]);
const codes = [];
for (const failing of [() => vitrine.computers.get("nobody"), () => computer.connectPlaywright(), () => computer.connectPuppeteer(), () => Vitrine.local()])
  await failing().catch((error) => codes.push(error instanceof VitrineError ? error.code : error instanceof MissingPackageError ? error.package : String(error)));
await computer.delete();
console.log(JSON.stringify({ stdout, codes }));
`;
const SAID = { stdout: "hello\n", codes: ["computer_not_found", "playwright-core", "puppeteer-core", "vitrine-server"] };
const TERMINAL = `
import { Vitrine } from "vitrine";
const computer = await new Vitrine().computers.create({ name: process.argv[2] });
const { terminal_id } = await computer.terminals.create({ argv: ["echo", "hello"] });
const terminal = await computer.terminals.attach(terminal_id);
let shown = "";
for await (const chunk of terminal) shown += chunk;
await computer.delete();
console.log(JSON.stringify({ shown, ...(await terminal.exit) }));
`;
const SHOWN = { shown: "hello\r\n", type: "exit", exit_code: 0, signal: null };
const TYPED = `
import { type ComputerRecord, type ExecResult, Vitrine, type ErrorCode } from "vitrine";
const vitrine = new Vitrine({});
await using computer = await vitrine.computers.create({ name: process.argv[2]!, record_video: false });
const result: ExecResult = await computer.exec(["echo", "hello"]);
const status: ComputerRecord["status"] = computer.status;
// @ts-expect-error A status is not any text.
const wrong: ComputerRecord["status"] = "no such status";
// @ts-expect-error Nor does create take any field.
() => vitrine.computers.create({ no_such_field: 1 });
const attach = async () => (await computer.terminals.attach("trm_1")).resize(80, 24);
const code: ErrorCode = "wrong_state";
console.log(JSON.stringify({ stdout: result.stdout, status, code, wrong: wrong.length > 0, attach: typeof attach }));
`;
const AGENT = `
import { userInfo } from "node:os";
import { Manifest, type SandboxClient } from "@openai/agents/sandbox";
import { Vitrine } from "vitrine";
import { VitrineSandboxClient, type VitrineSandboxOptions } from "vitrine/openai-agents";
const client = new VitrineSandboxClient({ vitrine: new Vitrine(), template: "scratch", user: userInfo().username });
const sandbox: SandboxClient<VitrineSandboxOptions, Parameters<typeof client.delete>[0]> = client;
// @ts-expect-error No such template.
() => new VitrineSandboxClient({ vitrine: new Vitrine(), template: "no such template" });
const session = await client.create({ manifest: new Manifest({ root: process.cwd() + "/workspace", entries: { "a.txt": { type: "file", content: "hello" } } }) });
console.log(JSON.stringify({ backend: sandbox.backendId, text: new TextDecoder().decode(await session.readFile({ path: "a.txt" })) }));
await session.close();
`;
const VENDORS = `
import type { BetaToolRunnerParams } from "@anthropic-ai/sdk/lib/tools/BetaToolRunner";
import type { CallableTool, Part } from "@google/genai";
import type { Computer } from "vitrine";
import { bashTool, textEditorTool, VitrineBrowserToolset, VitrineComputerToolset, vitrineTools } from "vitrine/anthropic";
import { answerFunctionCalls, vitrineTools as callable } from "vitrine/gemini";
const computer = { browser: {} } as Computer;
const toolsets = [new VitrineComputerToolset(computer, { configs: { zoom: { enabled: false } } }), new VitrineBrowserToolset(computer)];
const tools: BetaToolRunnerParams["tools"] = [...toolsets, bashTool(computer), textEditorTool(computer), ...vitrineTools(computer)];
// @ts-expect-error It has no such member.
() => new VitrineComputerToolset(computer, { configs: { no_such_member: { enabled: true } } });
const functions: CallableTool = callable(computer);
const parts: Part[] = await answerFunctionCalls(computer, []);
const { functionDeclarations } = await functions.tool();
console.log(JSON.stringify({ tools: tools.map(({ type }) => type), functions: functionDeclarations?.length, parts }));
`;

const LOCAL = `
import { Vitrine, VitrineError } from "vitrine";
const error = await Vitrine.local({ dataDir: process.argv[2] }).catch((error) => error);
console.log(JSON.stringify(error instanceof VitrineError ? { code: error.code, path: error.details.path } : String(error)));
`;

let dir: string;
let project: string;
let tarball: string;
let packed: Packed;
let service: TestService;

const program = async (file: string, name: string, node = process.execPath): Promise<unknown> => {
  const env = { ...process.env, VITRINE_URL: service.url, VITRINE_API_KEY: service.apiKey };
  const { stdout } = await run(node, [join(project, file), name], { cwd: project, env });
  return JSON.parse(stdout);
};
/** Packages that the user has beside ours. */
const link = async (...names: string[]) => {
  for (const name of names.filter((name) => !existsSync(join(project, "node_modules", name)))) {
    await mkdir(join(project, "node_modules", name, ".."), { recursive: true });
    await symlink(join(modules, name), join(project, "node_modules", name));
  }
};
/** Compiles as the strictest of users does. */
const compile = async (file: string, source: string, ...more: string[]) => {
  await writeFile(join(project, file), source);
  const options = ["--module nodenext --target es2022 --lib es2022,esnext.disposable --types node --strict", ...more].join(" ").split(" ");
  await run(process.execPath, [join(modules, "typescript/bin/tsc"), ...options, file], { cwd: project }).catch((error) => {
    throw new Error(error.stdout);
  });
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "vitrine-package-"));
  project = join(dir, "project");
  await mkdir(project);
  await run(process.execPath, [join(root, "bin/build-client.mjs"), join(dir, "client")]);
  packed = await pack(join(dir, "client"), dir);
  tarball = join(dir, packed.filename);
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  const registry = await startRegistry([join(modules, "ws")], dir);
  const quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--cache", join(dir, "npm"), "--registry", registry.url];
  await run("npm", ["install", ...quiet, tarball], { cwd: project }).finally(registry.close);
  service = await startService(join(dir, "data"));
});
afterAll(async () => {
  await service?.close();
  await rm(dir, { recursive: true, force: true });
});

test("it is small, brings ws alone, and holds the client, its integrations and the contract alone", async () => {
  expect(packed.size).toBeLessThan(200_000);
  const strange = packed.files.filter(
    ({ path }) =>
      !/^(client|contract|contract\/guest|integrations\/(?!mcp\/)[\w-]+)\/[\w-]+[.](js|d[.]ts)$|^(package.json|README.md|LICENSE)$/.test(
        path,
      ),
  );
  expect(strange).toEqual([]);
  const installed = join(project, "node_modules/vitrine");
  const { dependencies, peerDependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  const declared = Object.keys({ ...dependencies, ...peerDependencies });
  for (const { path } of packed.files.filter(({ path }) => /[.](js|d[.]ts)$/.test(path))) {
    const text = await readFile(join(installed, path), "utf8");
    const imports = [...text.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, name]) => name!);
    const undeclared = imports.filter(
      (name) => !/^node:|^[.].*[.]js$/.test(name) && !declared.some((d) => name === d || name.startsWith(`${d}/`)),
    );
    expect(undeclared, path).toEqual([]);
  }
  expect((await readdir(join(project, "node_modules"))).filter((name) => !name.startsWith("."))).toEqual(["vitrine", "ws"]);
});

test("publint and are-the-types-wrong find nothing", async () => {
  await run(process.execPath, [join(modules, "publint/src/cli.js"), "--strict", tarball]);
  await run(process.execPath, [join(modules, "@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only"]);
});

test("typedoc finds everything documented", async () => {
  const folder = join(dir, "client");
  await symlink(modules, join(folder, "node_modules"));
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), include: ["client"], exclude: [] }),
  );
  const where = ["--entryPoints", join(folder, "client/index.d.ts"), "--tsconfig", join(folder, "tsconfig.json"), "--emit", "none"];
  await run(process.execPath, [join(modules, "typedoc/bin/typedoc"), "--options", join(root, "typedoc.json"), ...where], { cwd: folder });
});

test("plain JavaScript runs, on every Node that is installed here", async () => {
  await writeFile(join(project, "plain.js"), PROGRAM);
  await writeFile(join(project, "terminal.js"), TERMINAL);
  const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "node"));
  const nodes = [process.execPath, ...found.filter(existsSync)].map((node) => realpathSync(node));
  for (const node of new Set(nodes)) {
    expect(await program("plain.js", "plain", node), node).toEqual(SAID);
    expect(await program("terminal.js", "terminal", node), node).toEqual(SHOWN);
  }
});

test("strict TypeScript with nodenext compiles, declarations and all, and runs", async () => {
  await link("@types/node", "undici-types");
  await compile("typed.ts", TYPED, "--skipLibCheck false");
  const said = { stdout: "hello\n", status: "running", code: "wrong_state", wrong: true, attach: "function" };
  expect(await program("typed.js", "typed")).toEqual(said);
});

test("vitrine/openai-agents compiles and runs beside the SDK that it is for", async () => {
  await link("@openai/agents", "@openai/agents-core");
  await compile("agent.ts", AGENT, "--skipLibCheck");
  expect(await program("agent.js", "agent")).toEqual({ backend: "vitrine", text: "hello" });
});

test("vitrine/anthropic and vitrine/gemini compile and run beside the SDKs that they are for", async () => {
  await link("@anthropic-ai/sdk", "@google/genai");
  await compile("vendors.ts", VENDORS, "--skipLibCheck");
  const toolsets = ["computer_toolset_20260801", "browser_toolset_20260801"];
  const tools = [...toolsets, "bash_20250124", "text_editor_20250728", "custom", "custom", "custom"];
  expect(await program("vendors.js", "vendors")).toEqual({ tools, functions: 3, parts: [] });
});

test("with vitrine-server beside it, Vitrine.local() starts the service, whose errors are the client's own", async () => {
  await run(process.execPath, [join(root, "bin/build-server.mjs"), join(dir, "server")]);
  const { filename } = await pack(join(dir, "server"), dir);
  const server = join(project, "node_modules/vitrine-server");
  await mkdir(server);
  await run("tar", ["-xzf", join(dir, filename), "--strip-components=1", "-C", server]);
  await link(...Object.keys(JSON.parse(await readFile(join(server, "package.json"), "utf8")).dependencies));
  await writeFile(join(project, "local.js"), LOCAL);
  expect(await program("local.js", join(dir, "data"))).toEqual({ code: "data_dir_in_use", path: join(dir, "data") });
  expect(await readFile(join(server, "src/dashboard/built/index.html"), "utf8")).toContain("/assets/dashboard/");
  const { stdout } = await run(process.execPath, [join(server, "bin/vitrine.mjs"), "--version"]);
  expect(stdout).toBe("0.1.0\n");
});

test.each([
  ["by itself", PROGRAM, "", SAID],
  [
    "with a require() for ws where it opens terminals",
    TERMINAL,
    'import { createRequire } from "node:module"; const require = createRequire("/");',
    SHOWN,
  ],
])("a bundle for Node runs %s", async (_, source, js, said) => {
  await writeFile(join(project, "to-bundle.js"), source);
  const external = ["playwright-core", "puppeteer-core"];
  const options = { bundle: true, minify: true, platform: "node", format: "esm", external, banner: { js } } as const;
  await build({ ...options, entryPoints: [join(project, "to-bundle.js")], outfile: join(dir, "bundle/out.mjs") });
  expect(await program("../bundle/out.mjs", "bundled")).toEqual(said);
});
