import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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
const { stdout } = await computer.exec("echo hello");
const codes = [];
for (const failing of [() => vitrine.computers.get("nobody"), () => computer.connectPlaywright(), () => computer.connectPuppeteer(), () => Vitrine.local()])
  await failing().catch((error) => codes.push(error instanceof VitrineError ? error.code : error instanceof MissingPackageError ? error.package : String(error)));
await computer.delete();
console.log(JSON.stringify({ stdout, codes }));
`;
const TYPED = `
import { type ComputerRecord, type ExecResult, Vitrine, type ErrorCode } from "vitrine";
const vitrine = new Vitrine({});
await using computer = await vitrine.computers.create({ name: process.argv[2]!, record_video: false });
const result: ExecResult = await computer.exec("echo hello");
const status: ComputerRecord["status"] = computer.status;
// @ts-expect-error A status is not any text.
const wrong: ComputerRecord["status"] = "no such status";
// @ts-expect-error Nor does create take any field.
() => vitrine.computers.create({ no_such_field: 1 });
const code: ErrorCode = "wrong_state";
console.log(JSON.stringify({ stdout: result.stdout, status, code, wrong: wrong.length > 0 }));
`;
const SAID = { stdout: "hello\n", codes: ["computer_not_found", "playwright-core", "puppeteer-core", "vitrine-server"] };

let dir: string;
let project: string;
let tarball: string;
let packed: { size: number; unpackedSize: number; files: { path: string }[] };
let service: TestService;

const program = async (file: string, name: string): Promise<unknown> => {
  const env = { ...process.env, VITRINE_URL: service.url, VITRINE_API_KEY: service.apiKey };
  const { stdout } = await run(process.execPath, [join(project, file), name], { cwd: project, env });
  return JSON.parse(stdout);
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "vitrine-package-"));
  project = join(dir, "project");
  await mkdir(project);
  const npm = (args: string[], cwd: string) =>
    run("npm", [...args, "--offline", "--no-audit", "--no-fund", "--cache", join(dir, "npm")], { cwd });
  await run(process.execPath, [join(root, "bin/build-client.mjs"), join(dir, "client")]);
  [packed] = JSON.parse((await npm(["pack", "--json", "--pack-destination", dir], join(dir, "client"))).stdout);
  tarball = join(dir, "vitrine-0.1.0.tgz");
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  await npm(["install", tarball], project);
  service = await startService(join(dir, "data"));
});
afterAll(async () => {
  await service?.close();
  await rm(dir, { recursive: true, force: true });
});

test("it is small, needs no other package, and holds the client and the contract alone", async () => {
  expect(packed.size).toBeLessThan(200_000);
  const strange = packed.files.filter(
    ({ path }) => !/^(client\/[\w-]+|contract\/[\w-]+)[.](js|d[.]ts)$|^(package.json|README.md|LICENSE)$/.test(path),
  );
  expect(strange).toEqual([]);
  for (const { path } of packed.files) {
    const text = await readFile(join(project, "node_modules/vitrine", path), "utf8");
    expect(text, path).not.toMatch(/from "(zod|[./]+server\/)|(from |import\()"[.][^"]*[.]ts"/);
  }
  await expect(access(join(project, "node_modules/zod"))).rejects.toThrow();
});

test("publint and are-the-types-wrong find nothing", async () => {
  await run(process.execPath, [join(modules, "publint/src/cli.js"), "--strict", tarball]);
  await run(process.execPath, [join(modules, "@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only"]);
});

test("plain JavaScript runs", async () => {
  await writeFile(join(project, "plain.js"), PROGRAM);
  expect(await program("plain.js", "plain")).toEqual(SAID);
});

test("strict TypeScript with nodenext compiles, declarations and all, and runs", async () => {
  await mkdir(join(project, "node_modules/@types"), { recursive: true });
  for (const types of ["@types/node", "undici-types"]) await symlink(join(modules, types), join(project, "node_modules", types));
  await writeFile(join(project, "typed.ts"), TYPED);
  const options = [
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022,esnext.disposable",
    "--types",
    "node",
    "--strict",
    "--skipLibCheck",
    "false",
  ];
  await run(process.execPath, [join(modules, "typescript/bin/tsc"), ...options, "typed.ts"], { cwd: project }).catch((error) => {
    throw new Error(error.stdout);
  });
  expect(await program("typed.js", "typed")).toEqual({ stdout: "hello\n", status: "running", code: "wrong_state", wrong: true });
});

test("a bundle for Node runs by itself", async () => {
  await writeFile(join(project, "to-bundle.js"), PROGRAM);
  await build({
    entryPoints: [join(project, "to-bundle.js")],
    outfile: join(project, "bundle/out.mjs"),
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    external: ["playwright-core", "puppeteer-core"],
  });
  await rm(join(project, "node_modules"), { recursive: true });
  expect(await program("bundle/out.mjs", "bundled")).toEqual(SAID);
});
