import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startRegistry } from "../../support/registry.ts";

const root = join(import.meta.dirname, "../../..");
const { ensurePackages, packagesAreCurrent } = await import(join(root, "bin/lib/packages.mjs"));
const { cliEntry } = await import(join(root, "bin/lib/where.mjs"));
const { isNewEnough } = await import(join(root, "bin/lib/node24.mjs"));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "vitrine-bin-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

test("npm packages are current when npm's own record says what the lock says", async () => {
  const lock = (packages: object) => JSON.stringify({ packages });
  const a = { version: "1.0.0", integrity: "sha512-a" };
  const other = { version: "2.0.0", integrity: "sha512-o", optional: true };
  expect(packagesAreCurrent(dir)).toBe(true);
  await writeFile(join(dir, "package-lock.json"), lock({ "": {}, "node_modules/a": a, "node_modules/other-platform": other }));
  expect(packagesAreCurrent(dir)).toBe(false);
  await mkdir(join(dir, "node_modules"));
  const record = (packages: object) => writeFile(join(dir, "node_modules", ".package-lock.json"), lock(packages));
  await record({ "node_modules/a": a });
  expect(packagesAreCurrent(dir)).toBe(true);
  await record({ "node_modules/a": { ...a, version: "1.0.1" } });
  expect(packagesAreCurrent(dir)).toBe(false);
  await record({});
  expect(packagesAreCurrent(dir)).toBe(false);
});

test("the service's packages are current without those of tests, and without what others may bring beside it", async () => {
  const lock = (packages: object) => JSON.stringify({ packages });
  const a = { version: "1.0.0", integrity: "sha512-a" };
  const wanted = { "node_modules/a": a, "node_modules/dev": { ...a, dev: true }, "node_modules/peer": { ...a, devOptional: true } };
  await writeFile(join(dir, "package-lock.json"), lock(wanted));
  await mkdir(join(dir, "node_modules"));
  const record = (packages: object) => writeFile(join(dir, "node_modules", ".package-lock.json"), lock(packages));
  const current = () => [packagesAreCurrent(dir, { dev: false }), packagesAreCurrent(dir)];
  await record({ "node_modules/a": a });
  expect(current()).toEqual([true, false]);
  await record(wanted);
  expect(current()).toEqual([true, true]);
  await record({ "node_modules/dev": { ...a, dev: true } });
  expect(current()).toEqual([false, false]);
});

test("a start installs what the service needs, tests the rest, and a start after those takes nothing away", {
  timeout: 120_000,
}, async () => {
  const registry = await startRegistry(
    ["ws", "isexe"].map((name) => join(root, "node_modules", name)),
    dir,
  );
  try {
    const home = join(dir, "home");
    await mkdir(home);
    await writeFile(join(home, ".npmrc"), `registry=${registry.url}\ncache=${join(dir, "cache")}\nupdate-notifier=false\n`);
    const manifest = { name: "checkout", version: "1.0.0", dependencies: { ws: "*" }, devDependencies: { isexe: "*" } };
    await writeFile(join(home, "package.json"), JSON.stringify(manifest));
    await promisify(execFile)("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund"], { cwd: home });
    const installed = async () => (await readdir(join(home, "node_modules"))).filter((name) => !name.startsWith("."));
    await ensurePackages({ dev: false, root: home });
    expect(await installed()).toEqual(["ws"]);
    await ensurePackages({ root: home });
    expect(await installed()).toEqual(["isexe", "ws"]);
    // What npm brought no longer is what the lock asks for.
    await rm(join(home, "node_modules/ws"), { recursive: true });
    const file = join(home, "node_modules/.package-lock.json");
    const record = JSON.parse(await readFile(file, "utf8"));
    delete record.packages["node_modules/ws"];
    await writeFile(file, JSON.stringify(record));
    await ensurePackages({ dev: false, root: home });
    expect(await installed()).toEqual(["isexe", "ws"]);
  } finally {
    await registry.close();
  }
});

test("sources run in a checkout, compiled files in an installed package", async () => {
  expect(cliEntry(root)).toBe(join(root, "src/cli/main.ts"));
  expect(cliEntry("/x/node_modules/vitrine-server")).toBe("/x/node_modules/vitrine-server/src/cli/main.js");
  expect([isNewEnough("20.20.2"), isNewEnough("24.0.0"), isNewEnough("100.1.0")]).toEqual([false, true, true]);
});

/** A process that runs another through bin/lib/run.mjs, as bin/*.mjs do. */
const wrapper = (script: string) =>
  `import { endAs, runNode } from ${JSON.stringify(join(root, "bin/lib/run.mjs"))}; endAs(await runNode(process.execPath, ["-e", ${JSON.stringify(script)}]));`;
const wrapped = (script: string) =>
  spawn(process.execPath, ["--input-type=module", "-e", wrapper(script)], { stdio: ["pipe", "pipe", "inherit"] });

test("exit codes and deaths by signal pass through", async () => {
  expect((await once(wrapped("process.exit(42)"), "exit"))[0]).toBe(42);
  expect(await once(wrapped("process.kill(process.pid, 'SIGKILL')"), "exit")).toEqual([null, "SIGKILL"]);
});

test("signals and standard input reach the child", async () => {
  const child = wrapped("process.on('SIGTERM', () => process.exit(7)); process.stdin.pipe(process.stdout)");
  child.stdin?.write("ready");
  expect(String((await once(child.stdout!, "data"))[0])).toBe("ready");
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(7);
});

test("the last line of CI counts tests, linters and crashes", async () => {
  const count = (...codes: string[]) => {
    const { stdout, status } = spawnSync(process.execPath, [join(root, ".ci/count.mjs"), dir, ...codes], { encoding: "utf8" });
    return [stdout, status];
  };
  expect(count("0", "0")).toEqual(["0 passed, 0 failed\n", 1]);
  const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((s) => ({ status: s })) });
  const vitest = { numPassedTests: 5, numFailedTests: 0, testResults: [file("passed", "passed")] };
  await writeFile(join(dir, "vitest.json"), JSON.stringify(vitest));
  await writeFile(join(dir, "lint.json"), JSON.stringify({ passed: 3, failed: 0 }));
  expect(count("0", "0")).toEqual(["8 passed, 0 failed\n", 0]);
  expect(count("1", "0")).toEqual(["8 passed, 1 failed\n", 1]);
  expect(count("0", "137")).toEqual(["8 passed, 1 failed\n", 1]);
  const broken = { ...vitest, numFailedTests: 2, testResults: [file("failed", "failed", "failed"), file("failed")] };
  await writeFile(join(dir, "vitest.json"), JSON.stringify(broken));
  expect(count("1", "0")).toEqual(["8 passed, 3 failed\n", 1]);
});
