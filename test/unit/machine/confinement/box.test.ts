import { expect, test } from "vitest";
import { boxArgv } from "../../../../src/server/machine/confinement/box.ts";
import { tenantOf } from "../../../../src/server/machine/qemu/view.ts";

const spec = { binary: "qemu-system-x86_64", accel: "tcg", vcpus: 2, ram_mb: 1024, kernel: "/i/vmlinuz", initrd: "/i/initrd" } as const;
const DIR = "/data/computers/a";
/** What is bound, by how. */
const bound = (argv: string[], how: string) => argv.filter((_, at) => argv[at - 1] === how);

test("a clone's machine writes to its disk and its folder alone; all that it is based on is read-only", () => {
  const memory = { file: "/t/memory", private: true };
  const { view, opensForWriting } = tenantOf(DIR, { ...spec, disks: ["root", "workspace"], memory }, ["disk-1.qcow2", "/t/root.qcow2"]);
  const argv = boxArgv(view, "own-uid");
  expect(bound(argv, "--bind")).toEqual([`${DIR}/run`, `${DIR}/root.qcow2`, `${DIR}/workspace.qcow2`]);
  const read = ["/i/vmlinuz", "/i/initrd", `${DIR}/disk-1.qcow2`, "/t/root.qcow2", "/t/memory"];
  expect(bound(argv, "--ro-bind")).toEqual(expect.arrayContaining(read));
  expect(bound(argv, "--ro-bind").filter((path) => /^\/(data|t|i)\b/.test(path))).toHaveLength(read.length);
  expect(opensForWriting).toBe(true);
  expect(bound(argv, "--chdir")).toEqual([DIR]);
});

test("a template's machine writes its memory, and reads its secrets from files of its own", () => {
  const memory = { file: "/t/memory", private: false };
  const { view, secrets, opensForWriting } = tenantOf(
    DIR,
    { ...spec, disks: ["root", "workspace"], memory, fwCfg: { config: "config.fw" } },
    [],
  );
  expect(view.write).toEqual([`${DIR}/root.qcow2`, `${DIR}/workspace.qcow2`, "/t/memory"]);
  expect(secrets).toEqual([`${DIR}/config.fw`]);
  expect(opensForWriting).toBe(false);
});

test("every namespace is new; without root the user's, too; KVM is there only where it is used", () => {
  const { view } = tenantOf(DIR, { ...spec, accel: "kvm" }, []);
  const argv = boxArgv(view, "user-namespace");
  for (const name of ["user", "net", "pid", "ipc", "uts"]) expect(argv).toContain(`--unshare-${name}`);
  expect(argv).not.toContain("--proc");
  expect(bound(argv, "--dev-bind")).toEqual(["/dev/null", "/dev/zero", "/dev/urandom", "/dev/kvm"]);
  const plain = boxArgv(tenantOf(DIR, spec, []).view, "own-uid");
  expect(plain).not.toContain("--unshare-user");
  expect(plain).not.toContain("/dev/kvm");
});
