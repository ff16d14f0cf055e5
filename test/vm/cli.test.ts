import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { vm } from "./shared.ts";

const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
afterAll(() => rmSync(dir, { recursive: true }));

const vitrineWith = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, VITRINE_URL: vm.url, VITRINE_API_KEY: vm.apiKey, VITRINE_DATA_DIR: vm.dataDir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (out.stdout += chunk));
  child.stderr.on("data", (chunk) => (out.stderr += chunk));
  const [code] = await once(child, "close");
  return { code, ...out };
};
const vitrine = (...args: string[]) => vitrineWith({}, ...args);

test("run gives the guest's output and the command's own exit code", async () => {
  const { stdout, code } = await vitrine("computer", "run", "shared", "uname -a; id");
  expect(stdout).toMatch(/^Linux shared .*Debian.*\nuid=1000\(ohm\)/);
  expect(code).toBe(0);
  expect(await vitrine("computer", "run", "shared", "echo oops >&2; exit 7")).toMatchObject({ code: 7, stdout: "", stderr: "oops\n" });
});

test("list, get and screenshot", async () => {
  const { stdout } = await vitrine("computer", "list", "--json");
  expect(stdout).toContain(vm.computerId);
  expect((await vitrine("computer", "list")).stdout).toMatch(/shared\s+cmp_\w+\s+running/);
  expect(JSON.parse((await vitrine("computer", "get", "shared", "--json")).stdout)).toMatchObject({ id: vm.computerId });
  const picture = join(dir, "screen.png");
  expect((await vitrine("computer", "screenshot", "shared", "-o", picture)).code).toBe(0);
  expect(await sharp(picture).metadata()).toMatchObject({ width: 1024, height: 768, format: "png" });
});

test("cp takes files and folders in and out", async () => {
  writeFileSync(join(dir, "in.txt"), "carried over");
  expect((await vitrine("computer", "cp", join(dir, "in.txt"), "shared:/home/ohm/box/in.txt")).code).toBe(0);
  expect((await vitrine("computer", "cp", "-r", "shared:/home/ohm/box", join(dir, "box"))).code).toBe(0);
  expect(readFileSync(join(dir, "box/in.txt"), "utf8")).toBe("carried over");
});

test("what is wrong is said in one sentence, with exit code 1", async () => {
  const { code, stderr } = await vitrine("computer", "get", "nobody");
  expect(code).toBe(1);
  expect(stderr).toContain("No computer nobody.");
  expect(stderr).not.toContain("    at ");
});

test("doctor --fix closes a data directory to others, and says so", async () => {
  chmodSync(dir, 0o755);
  const doctor = async (...args: string[]) =>
    JSON.parse((await vitrineWith({ VITRINE_DATA_DIR: dir }, "doctor", "--json", ...args)).stdout);
  expect(await doctor()).toMatchObject({ ok: false });
  expect(await doctor("--fix")).toMatchObject({ ok: true, mended: [{ names: ["data directory"], error: null }] });
  expect(statSync(dir).mode & 0o777).toBe(0o700);
});

test("doctor finds this machine fit and says why its acceleration was chosen", async () => {
  const { stdout, code } = await vitrine("doctor", "--json");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/emulation|KVM/);
});
