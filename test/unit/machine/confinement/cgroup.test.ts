import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { endGroup, enterCgroups, findCgroups, groupOf, makeGroup } from "../../../../src/server/machine/confinement/cgroup.ts";

// A folder plays the kernel's: it shows what is looked for and written, not that a kernel takes it.
let root: string;
let base: string;
let self: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "vitrine-cgroup-"));
  base = join(root, "system.slice/vitrine.service");
  self = join(root, "self");
  mkdirSync(base, { recursive: true });
  writeFileSync(self, "0::/system.slice/vitrine.service\n");
  writeFileSync(join(root, "cgroup.controllers"), "cpuset cpu io memory pids\n");
  writeFileSync(join(base, "cgroup.controllers"), "cpu io memory pids\n");
  writeFileSync(join(base, "cgroup.type"), "domain\n");
  writeFileSync(join(base, "cgroup.procs"), "11\n12\n");
  writeFileSync(join(base, "cgroup.subtree_control"), "");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const found = { controllers: ["cpu", "memory", "pids", "io"] };
const read = (path: string) => readFileSync(path, "utf8");

test("the service's own group is found, also when it has moved to a leaf of it", () => {
  expect(findCgroups(root, self, true)).toEqual({ base, ...found });
  writeFileSync(self, "1:name=systemd:/\n0::/system.slice/vitrine.service/service\n");
  expect(findCgroups(root, self, true)).toEqual({ base, ...found });
});

test("beside version 1 it is found in its folder; without io the rest is used", () => {
  const unified = join(root, "v1", "unified");
  mkdirSync(unified, { recursive: true });
  for (const file of ["cgroup.procs", "cgroup.subtree_control"]) writeFileSync(join(unified, file), "");
  writeFileSync(join(unified, "cgroup.controllers"), "cpu memory pids\n");
  writeFileSync(self, "0::/\n");
  expect(findCgroups(join(root, "v1"), self, true)).toEqual({ base: unified, controllers: ["cpu", "memory", "pids"] });
});

test.each([
  ["no version 2", () => rmSync(join(root, "cgroup.controllers")), /not mounted/],
  ["controllers missing", () => writeFileSync(join(base, "cgroup.controllers"), "hugetlb cpu\n"), /memory, pids/],
  ["no files to write", () => rmSync(join(base, "cgroup.procs")), /not delegated/],
])("%s is told", (_, change, reason) => {
  change();
  expect(findCgroups(root, self, true)).toEqual({ reason: expect.stringMatching(reason) });
});

test("root does not take a login session's scope apart; who is not root has what can be written", () => {
  const scope = join(root, "user.slice/session-1.scope");
  mkdirSync(scope, { recursive: true });
  for (const file of ["cgroup.controllers", "cgroup.procs", "cgroup.subtree_control"]) writeFileSync(join(scope, file), "cpu memory pids");
  writeFileSync(self, "0::/user.slice/session-1.scope\n");
  expect(findCgroups(root, self, true)).toEqual({ reason: expect.stringContaining("Delegate=yes") });
  expect(findCgroups(root, self, false)).toMatchObject({ base: scope });
});

test("the service goes into a leaf before its group shares out", () => {
  enterCgroups({ base, ...found });
  expect(read(join(base, "service/cgroup.procs"))).toBe("12");
  expect(read(join(base, "cgroup.subtree_control"))).toBe("+cpu +memory +pids +io");
  expect(Number(read(join(base, "service/cpu.weight")))).toBeGreaterThan(100);
});

test("a machine's group has its limits, and a name that its directory alone gives", () => {
  const cgroups = { base, ...found };
  const group = groupOf(cgroups, "/data/computers/a");
  mkdirSync(group);
  writeFileSync(join(group, "memory.swap.max"), "max");
  expect(makeGroup(cgroups, "/data/computers/a", { vcpus: 2, ram_mb: 1024 })).toBe(group);
  expect(groupOf(cgroups, "/data/computers/b")).not.toBe(group);
  expect(Object.fromEntries(readdirSync(group).map((file) => [file, read(join(group, file))]))).toEqual({
    "cpu.max": "250000 100000",
    "cpu.weight": "100",
    "memory.max": String(1536 * 1024 * 1024),
    "memory.swap.max": "0",
    "pids.max": "1024",
    "io.weight": "default 100",
  });
});

test("a group is removed with its machine; where there is none, that is well", async () => {
  const cgroups = { base, ...found };
  await endGroup(cgroups, "/data/computers/a");
  mkdirSync(groupOf(cgroups, "/data/computers/a"));
  const ended = endGroup(cgroups, "/data/computers/a");
  expect(read(join(groupOf(cgroups, "/data/computers/a"), "cgroup.kill"))).toBe("1");
  // The kernel's own files do not keep a group from being removed.
  rmSync(join(groupOf(cgroups, "/data/computers/a"), "cgroup.kill"));
  await ended;
  expect(existsSync(groupOf(cgroups, "/data/computers/a"))).toBe(false);
});
