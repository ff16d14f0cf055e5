import { execFile } from "node:child_process";
import { existsSync, realpathSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { AGENT_PORT, DIRECT_PORTS } from "../../src/contract/guest/protocol.ts";
import { DISKS } from "../../src/server/disk.ts";
import { confine } from "../../src/server/machine/confinement/confine.ts";
import { findConfinement } from "../../src/server/machine/confinement/find.ts";
import type { Confinement, Walls } from "../../src/server/machine/confinement/walls.ts";
import { readBases } from "../../src/server/machine/disks.ts";
import { tenantOf } from "../../src/server/machine/qemu/view.ts";
import { commandLine, listeners, processesIn, qemuIn, statusOf } from "../support/machine-processes.ts";
import { vitrine, vm } from "./shared.ts";

const dirOf = ({ id }: Computer | { id: string }): string => join(realpathSync(vm.dataDir), "computers", id);
const servicePort = Number(new URL(vm.url).port);

let hostile: Computer;
let found: Confinement;
beforeAll(async () => {
  hostile = await vitrine.computers.create({ name: "hostile" });
  found = await findConfinement();
});
afterAll(() => hostile.delete());

describe("the process of a machine", () => {
  test("has no right, can gain none, filters its system calls, and shares no namespace with the service", () => {
    const pid = qemuIn(dirOf(hostile));
    const status = statusOf(pid);
    expect(status).toMatchObject({ NoNewPrivs: "1", Seccomp: "2" });
    for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) expect(status[set], set).toBe("0000000000000000");
    if (found.walls.kind === "none") return;
    expect(status.NSpid, "the first process in there").toMatch(/\t1$/);
    for (const name of ["net", "mnt", "pid", "ipc", "uts"])
      expect(statSync(`/proc/${pid}/ns/${name}`).ino, name).not.toBe(statSync(`/proc/self/ns/${name}`).ino);
  });

  test("has a uid of its own where the service is root", () => {
    const uids = [hostile, { id: vm.computerId }].map((one) => statusOf(qemuIn(dirOf(one))).Uid);
    if (found.walls.kind !== "own-uid") return expect(uids[0]).toBe(statusOf(process.pid).Uid);
    const { first, count } = found.walls.uids;
    for (const uid of uids) {
      const each = uid!.split("\t").map(Number);
      expect(new Set(each).size).toBe(1);
      expect(each[0]! >= first && each[0]! < first + count, uid).toBe(true);
    }
    expect(uids[0]).not.toBe(uids[1]);
  });

  test("what relays its connections is confined as it is", () => {
    const relays = processesIn(dirOf(hostile)).filter((pid) => commandLine(pid)[0] === "socat");
    expect(relays.length).toBeGreaterThan(0);
    const { Uid } = statusOf(qemuIn(dirOf(hostile)));
    for (const pid of relays) expect(statusOf(pid)).toMatchObject({ Uid, NoNewPrivs: "1", CapEff: "0000000000000000" });
  });
});

/** Runs a shell with exactly the confinement of the hostile computer's QEMU, but for its filter of system calls. */
const asHostile = async (script: string, walls: Walls = found.walls): Promise<string> => {
  const dir = dirOf(hostile);
  const words = commandLine(qemuIn(dir));
  const after = (option: string) => words[words.indexOf(option) + 1]!;
  const file = /mem-path=([^,]+)/.exec(after("-object"))![1]!;
  const spec = {
    binary: words[0]!,
    accel: "tcg",
    vcpus: 2,
    ram_mb: 2048,
    disks: DISKS,
    memory: { file, private: true },
  } as const;
  const tenant = tenantOf(dir, { ...spec, kernel: after("-kernel"), initrd: after("-initrd") }, Object.values(await readBases(dir)).flat());
  const argv = confine({ ...found, walls }, tenant, 'exec "$@"', ["bash", "-c", script]);
  return shell(argv, dir);
};
const shell = (argv: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve) =>
    execFile(argv[0]!, argv.slice(1), { cwd, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve(error ? `refused: ${error.code ?? error.signal} ${stderr}` : `done: ${stdout}`),
    ),
  );

describe("a QEMU that turned hostile", () => {
  let abstract: ReturnType<typeof createServer>;
  const ABSTRACT = `vitrine-test-${process.pid}`;
  beforeAll(async () => {
    abstract = createServer((socket) => socket.end()).listen(`\0${ABSTRACT}`);
  });
  afterAll(() => {
    abstract.close();
  });
  const tcp = (host: string, port: number) => `exec 3<>/dev/tcp/${host}/${port}`;
  const external = Object.values(networkInterfaces())
    .flat()
    .find((one) => one && !one.internal && one.family === "IPv4")?.address;
  const victim = dirOf({ id: vm.computerId });

  /** Each is refused in there; those with true are also tried as the service itself, where they are not. */
  const attempts: [what: string, script: () => string | Promise<string>, works: boolean][] = [
    ["read another computer's disk", () => `head -c 4 ${victim}/root.qcow2`, true],
    ["write another computer's disk", () => `test -w ${victim}/root.qcow2`, true],
    ["list the computers", () => `test $(ls ${vm.dataDir}/computers | wc -l) -gt 1`, true],
    ["reach another computer's link", () => `socat -u OPEN:/dev/null UNIX-CONNECT:${victim}/run/link.sock`, true],
    ["reach another computer's browser", () => `socat -u OPEN:/dev/null UNIX-CONNECT:${victim}/run/p9222.sock`, true],
    ["steer another QEMU", () => `test -S ${victim}/run/qmp.sock`, true],
    ["read the store", () => `head -c 4 ${vm.dataDir}/vitrine.db`, true],
    ["read the API key", () => `head -c 4 ${vm.dataDir}/api-key`, true],
    ["read the signing key", () => `head -c 4 ${vm.dataDir}/signing-key`, true],
    ["read the template's secret", async () => `head -c 1 ${(await template()).replace(/root.qcow2$/, "manifest.json")}`, true],
    ["read the host's files", () => "head -c 4 /etc/passwd", true],
    ["write the template's memory", async () => `echo -n >> ${(await template()).replace(/root.qcow2$/, "memory")}`, true],
    ["write the template's disk", async () => `echo -n >> ${await template()}`, true],
    ["replace the template's disk", async () => `mv ${await template()} ${dirOf(hostile)}/run/`, false],
    ["put a file or a link into its directory", () => "ln -s /etc/passwd ./machine.state.new && rm ./machine.state.new", true],
    ["write programs", () => "test -w /usr/bin/qemu-system-x86_64", true],
    ["connect to the service", () => tcp("127.0.0.1", servicePort), true],
    ["connect to a page on the host", () => tcp("127.0.0.1", vm.pagePort), true],
    ["connect to the host's own address", () => tcp(external ?? "192.0.2.1", servicePort), false],
    ["connect to the internet", () => tcp("1.1.1.1", 443), false],
    ["connect to an abstract socket", () => `socat -u OPEN:/dev/null ABSTRACT-CONNECT:${ABSTRACT}`, true],
    ["see other processes", () => `test -d /proc/${process.pid}`, true],
    ["signal the service or another QEMU", () => `kill -0 ${process.pid} || kill -0 ${qemuIn(victim)}`, true],
    [
      "have kernel settings or devices",
      () => "test -e /proc/sys || test -e /sys/class || test -e /dev/mem -o -e /dev/vda -o -e /dev/kvm",
      true,
    ],
    ["make a device", () => "mknod run/device c 1 1", false],
    ["become root again", () => "setpriv --reuid 0 true && test $(id -u) != $(id -u nobody) && mount -t tmpfs none /dev", false],
    ["find more in a user namespace of its own", () => `unshare --user --map-root-user --mount head -c 4 ${victim}/root.qcow2`, false],
  ];
  const template = async (): Promise<string> => (await readBases(dirOf(hostile))).root[0]!;

  test.each(attempts)("cannot %s", async (_, script, works) => {
    if (works) expect(await shell(["bash", "-c", await script()], dirOf(hostile))).toMatch(/^done/);
    expect(await asHostile(await script())).toMatch(/^refused/);
    // Where the service is root, also as it would be if it were not.
    if (found.walls.kind === "own-uid") expect(await asHostile(await script(), { kind: "user-namespace" })).toMatch(/^refused/);
  });

  test("but reads and writes what is its own", async () => {
    const own = "head -c 3 root.qcow2 && test -w root.qcow2 && echo -n written > run/x && cat run/x && rm run/x";
    expect(await asHostile(own)).toBe("done: QFIwritten");
    expect(await asHostile(`head -c 3 ${await template()}`)).toBe("done: QFI");
  });

  test("cannot lead the service to another computer's socket", async () => {
    const { direct, path } = { path: "run/link.sock", direct: "run/p9222.sock" };
    expect(await asHostile(`mv ${direct} run/kept && ln -s ${victim}/${direct} ${direct} && test -L ${direct}`)).toMatch(/^done/);
    expect(existsSync(join(dirOf(hostile), path))).toBe(true);
    await expect(hostile.connectPlaywright({ timeout: 5000 })).rejects.toThrow();
    expect(await asHostile(`mv -f run/kept ${direct}`)).toMatch(/^done/);
    await (await hostile.connectPlaywright({ timeout: 120_000 })).close();
  });
});

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      // A connection from a port to itself is nobody's.
      resolve(socket.localPort !== port);
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
  });

test("while ten computers run, no port of the host leads to one of them", async () => {
  const more: Computer[] = [];
  try {
    // Small ones, so that ten fit.
    for (let i = 0; i < 8; i++) more.push(await vitrine.computers.create({ name: `port-${i}`, template: "scratch", ram_mb: 1024 }));
    const machines = new Set(processesIn(join(realpathSync(vm.dataDir), "computers")));
    const all = listeners();
    const service = all.find(({ port }) => port === servicePort)!.owners;
    const held = all.filter(({ owners }) => owners.some((pid) => machines.has(pid)));
    expect(held).toEqual([]);
    const own = all.filter(({ owners }) => owners.some((pid) => service.includes(pid))).map(({ port }) => port);
    expect(own.sort()).toEqual([servicePort, vm.formPort, vm.pagePort].sort());

    const known = new Set(all.map(({ port }) => port));
    const open: number[] = [];
    for (let first = 1; first < 65_536; first += 512) {
      const ports = Array.from({ length: Math.min(512, 65_536 - first) }, (_, i) => first + i);
      const answers = await Promise.all(ports.map(isOpen));
      open.push(...ports.filter((_, i) => answers[i]));
    }
    expect(open).toContain(servicePort);
    for (const port of [AGENT_PORT, ...DIRECT_PORTS]) expect(open).not.toContain(port);
    // What another program has opened meanwhile is in the second list.
    for (const { port } of listeners()) known.add(port);
    expect(open.filter((port) => !known.has(port))).toEqual([]);
  } finally {
    await Promise.all(more.map((one) => one.delete()));
  }
});
