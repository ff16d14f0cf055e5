import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identify, isAlive, readStat } from "../../../src/server/process/identity.ts";
import { groupMembers, killGroup } from "../../../src/server/process/kill.ts";
import { type Detached, spawnDetached } from "../../../src/server/process/spawn.ts";

let dir: string;
let child: Detached | undefined;

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "vitrine-kill-")));
});
afterEach(async () => {
  if (child) await killGroup(child.identity, { cwd: dir });
  child = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const log = () => join(dir, "log");
const start = async (script: string) => {
  child = await spawnDetached(["sh", "-c", `${script}`], { cwd: dir, log: log() });
  return child;
};
/** Until the script has said so: its traps are set and its children are there. */
const ready = async () => {
  for (let tries = 0; !readFileSync(log(), "utf8").includes("ready"); tries++) {
    if (tries > 1000) throw new Error("the test's process did not begin");
    await sleep(5);
  }
};

test("a detached process leads its own session and group, and writes to a private log", async () => {
  const { identity } = await start("echo ready; exec sleep 60");
  await ready();
  expect(readStat(identity.pid)).toMatchObject({ session: identity.pid, group: identity.pid });
  expect(identity).toEqual(identify(identity.pid));
  expect(statSync(log()).mode & 0o777).toBe(0o600);
});

test("a program that cannot be started is an error", async () => {
  await expect(spawnDetached(["vitrine-no-such-program"], { cwd: dir, log: log() })).rejects.toThrow("ENOENT");
});

test("the end of a child is told", async () => {
  expect(await (await start("exit 7")).ended).toEqual({ code: 7, signal: null });
});

test("ends the whole group and waits until it is gone", async () => {
  const { identity, ended } = await start("sleep 60 & sleep 60 & echo ready; wait");
  await ready();
  expect(groupMembers(identity)).toHaveLength(3);
  await killGroup(identity, { ended });
  expect(groupMembers(identity, dir)).toEqual([]);
  expect(isAlive(identity)).toBe(false);
  await killGroup(identity, { ended });
});

test("with a grace, SIGTERM comes first and may be enough", async () => {
  const { identity, ended } = await start("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done");
  await ready();
  await killGroup(identity, { graceMs: 5000, ended });
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(readFileSync(log(), "utf8")).toContain("bye");
});

test("what ignores SIGTERM is killed after the grace", async () => {
  const { identity, ended } = await start("trap '' TERM; echo ready; while :; do sleep 0.02; done");
  await ready();
  await killGroup(identity, { graceMs: 50, ended });
  expect(await ended).toEqual({ code: null, signal: "SIGKILL" });
});

test.each([
  ["another start time", (identity: Detached["identity"]) => ({ ...identity, start_time: identity.start_time - 1 })],
  ["another boot", (identity: Detached["identity"]) => ({ ...identity, boot_id: "00000000-0000-0000-0000-000000000000" })],
])("a pid with %s belongs to someone else and is left alone", async (_, alter) => {
  const { identity } = await start("sleep 60 & echo ready; wait");
  await ready();
  const stale = alter(identity);
  expect(isAlive(stale)).toBe(false);
  await killGroup(stale, { cwd: dir });
  expect(groupMembers(identity)).toHaveLength(2);
});

test("orphans of a group are ended only when they work in its directory", async () => {
  mkdirSync(join(dir, "elsewhere"));
  const { identity, ended } = await start("sleep 60 & (cd elsewhere; sleep 60) & echo ready; sleep 0.05; exit 0");
  await ready();
  await ended;
  const other = groupMembers(identity, join(dir, "elsewhere"));
  expect(groupMembers(identity, dir)).toHaveLength(1);
  await killGroup(identity);
  expect(groupMembers(identity, dir)).toHaveLength(1);
  await killGroup(identity, { cwd: dir });
  expect(groupMembers(identity, dir)).toEqual([]);
  expect(groupMembers(identity, join(dir, "elsewhere"))).toEqual(other);
  expect(other.length).toBeGreaterThan(0);
  await killGroup(identity, { cwd: join(dir, "elsewhere") });
});

test("a stopped process is ended too", async () => {
  const { identity, ended } = await start("echo ready; exec sleep 60");
  await ready();
  process.kill(identity.pid, "SIGSTOP");
  await killGroup(identity, { ended });
  expect(isAlive(identity)).toBe(false);
});
