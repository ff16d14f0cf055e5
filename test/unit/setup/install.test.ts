import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findExecutable, searchPath } from "../../../src/server/setup/executables.ts";
import { type HostFacts, installMissing, isDebianLike, planInstall } from "../../../src/server/setup/install.ts";
import { missingRequirements, packagesFor, SERVICE_NEEDS } from "../../../src/server/setup/packages.ts";

let bin: string;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), "vitrine-bin-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(bin, { recursive: true });
});

const script = async (name: string, text = "", mode = 0o755) => {
  await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`, { mode });
  await chmod(join(bin, name), mode);
};
const need = (executable: string, debianPackage: string) => ({ executable, debianPackage, why: "is for the test" });
const MISSING = [need("b-tool", "pkg-b"), need("a-tool", "pkg-a"), need("a-too", "pkg-a")];
const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n';
const host = (fields: Partial<HostFacts> = {}): HostFacts => ({
  osRelease: DEBIAN,
  uid: 0,
  dirs: [bin],
  sudoWorks: async () => true,
  ...fields,
});

test("an executable is a file that may be run, found in the first folder that has it", async () => {
  await script("tool");
  await script("data", "", 0o644);
  await mkdir(join(bin, "folder"));
  expect(findExecutable("tool", ["/not/there", bin, "/usr/bin"])).toBe(join(bin, "tool"));
  expect(findExecutable("folder", [bin])).toBeNull();
  expect(findExecutable("data", [bin])).toBeNull();
  expect(searchPath("/mine:relative::/usr/bin")).toEqual([
    "/mine",
    "/usr/bin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/sbin",
    "/bin",
  ]);
});

test("what is missing is told by its package, each once", async () => {
  expect(missingRequirements(SERVICE_NEEDS, [bin])).toHaveLength(SERVICE_NEEDS.length);
  await script("qemu-img");
  expect(missingRequirements(SERVICE_NEEDS, [bin]).map((m) => m.executable)).not.toContain("qemu-img");
  expect(packagesFor(MISSING)).toEqual(["pkg-a", "pkg-b"]);
});

test.each([
  [DEBIAN, true],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
  ["ID=ubuntu\n", true],
  ["ID=fedora\nHOME_URL=https://not-debian.example\n", false],
  ["", false],
])("Debian or like it: %j %s", (text, is) => expect(isDebianLike(text)).toBe(is));

test("the plan: apt as root, through sudo, or by hand with the exact command", async () => {
  await script("apt-get");
  expect(await planInstall([], host())).toEqual({ kind: "nothing" });
  const asRoot = await planInstall(MISSING, host());
  expect(asRoot.kind === "apt" && asRoot.commands.map((c) => c.join(" "))).toEqual([
    expect.stringMatching(/^env DEBIAN_FRONTEND=noninteractive .*apt-get .*update$/),
    expect.stringMatching(/^env .*apt-get .*install -y --no-install-recommends pkg-a pkg-b$/),
  ]);
  const byHand = "sudo apt-get update && sudo apt-get install -y --no-install-recommends pkg-a pkg-b";
  expect(await planInstall(MISSING, host({ uid: 1000 }))).toEqual({ kind: "by-hand", reason: expect.stringContaining(byHand) });
  await script("sudo");
  expect(await planInstall(MISSING, host({ uid: 1000, sudoWorks: async () => false }))).toMatchObject({ kind: "by-hand" });
  const sudo = await planInstall(MISSING, host({ uid: 1000 }));
  expect(sudo.kind === "apt" && sudo.commands.every((c) => c[0] === "sudo" && c[1] === "-n")).toBe(true);
  const other = await planInstall(MISSING, host({ osRelease: "ID=fedora\n" }));
  expect(other).toEqual({ kind: "by-hand", reason: expect.stringMatching(/b-tool.*a-tool.*not Debian or Ubuntu/) });
});

test("apt is run, and its lines are the progress", async () => {
  await script("apt-get", 'echo "Doing $*"; echo "$DEBIAN_FRONTEND $*" >> "$0.log"');
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  const news: string[] = [];
  await installMissing(MISSING, (event) => news.push(event.message), new AbortController().signal, host());
  const log = await readFile(join(bin, "apt-get.log"), "utf8");
  expect(log).toMatch(/^noninteractive .*update\nnoninteractive .*install -y --no-install-recommends pkg-a pkg-b\n$/);
  expect(news[0]).toBe("installing pkg-a, pkg-b");
  expect(news.at(-1)).toMatch(/^Doing .*install/);
});

test("an apt that fails is setup_incomplete, with its last words and the command", async () => {
  await script("apt-get", 'echo "E: no such luck" >&2; exit 100');
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  const failing = installMissing(MISSING, () => {}, new AbortController().signal, host());
  await expect(failing).rejects.toMatchObject({
    code: "setup_incomplete",
    message: expect.stringMatching(/no such luck.*sudo apt-get update/),
  });
});

test("aborting ends apt", async () => {
  await script("apt-get", "echo begun; sleep 60");
  vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
  const abort = new AbortController();
  const reason = new Error("enough");
  const onNews = ({ message }: { message: string }) => message === "begun" && abort.abort(reason);
  await expect(installMissing(MISSING, onNews, abort.signal, host())).rejects.toBe(reason);
});
