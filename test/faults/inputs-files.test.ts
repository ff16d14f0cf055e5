import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { type Entry, tarOf } from "../support/tar.ts";
import { fault } from "./fault.ts";
import { startedService } from "./started-service.ts";
import { all, asking, type Try } from "./tries.ts";

const MIB = 1024 ** 2;
/** A disk in the guest so small that it is soon full, for ohm. */
const SMALL = "/mnt/small";
const SMALL_MB = 32;
/** What the bomb unpacks to: tar reads all of it, full or not, and emulation makes that slow. */
const BOMB_MB = 128;

const service = await startedService({ VITRINE_RAM_FACTOR: "2" });
let computer: Computer;
let ask: ReturnType<typeof asking>;
const hostFile = join(tmpdir(), `vt-host-${randomBytes(6).toString("hex")}`);
beforeAll(async () => {
  writeFileSync(hostFile, "the host's");
  ask = asking(service.url);
  computer = await service.vitrine.computers.create({ name: "bob", template: "scratch", ram_mb: 512 });
  await asRoot(`mkdir -p ${SMALL} && mount -t tmpfs -o size=${SMALL_MB}m,nr_inodes=5000,mode=0777 small ${SMALL}`);
});
afterAll(async () => {
  await computer?.delete();
  rmSync(hostFile);
});

const asRoot = async (command: string): Promise<string> => {
  const { stdout, stderr, exit_code } = await computer.exec(command, { user: "root", timeout_s: 120 });
  if (exit_code !== 0) throw new Error(`${command.slice(0, 80)}: ${stderr}`);
  return stdout;
};
const files = (path: string) => `/v1/computers/${computer.id}/files${path}`;
const key = () => ({ Authorization: `Bearer ${service.apiKey}` });
const get = (query: string, at = "") => ask(files(`${at}?${query}`), { headers: key() });
const put = (query: string, body = "x", at = "") => ask(files(`${at}?${query}`), { method: "PUT", headers: key(), body });
const both = (what: string, query: string): Try[] => [
  [`read ${what}`, () => get(query)],
  [`write ${what}`, () => put(query)],
];

/** Sends a body that is said to be so long, until it is answered; answers in words, and with how much was sent. */
const pour = async (path: string, body: Readable, length?: number): Promise<{ answer: string; sentMb: number; grewMb: number }> => {
  const before = service.rssMb();
  let most = before;
  let sent = 0;
  const { hostname, port } = new URL(service.url);
  const headers = { ...key(), ...(length !== undefined && { "Content-Length": length }) };
  const call = request({ hostname, port, path, method: "PUT", headers, agent: false });
  call.on("error", () => {});
  body.on("data", (chunk: Buffer) => {
    sent += chunk.length;
    most = Math.max(most, service.rssMb());
  });
  body.pipe(call);
  try {
    const [response] = await once(call, "response", { signal: AbortSignal.timeout(300_000) });
    const text = Buffer.concat(await response.toArray()).toString();
    return { answer: `${response.statusCode} ${/"code":"(\w+)"/.exec(text)?.[1]}`, sentMb: sent / MIB, grewMb: most - before };
  } finally {
    body.destroy();
    call.destroy();
  }
};
function* zeros(mib: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MIB);
  for (let i = 0; i < mib; i++) yield chunk;
}
/** A tar archive with one file of zeros. */
function* bombOf(mib: number): Generator<Buffer> {
  yield tarOf([{ name: "zeros", size: mib * MIB }]).subarray(0, 512);
  yield* zeros(mib);
}
const left = () =>
  asRoot(`ls -A ${SMALL} | wc -l; df --output=used -k ${SMALL} | tail -1`).then((text) => text.trim().split(/\s+/).map(Number));

fault(
  {
    id: "B7",
    what: "files: traversal, NUL, overlong, links to outside, a link swapped meanwhile, FIFO, /dev/zero, /proc/self/mem, 10 GiB, 1 EiB",
    expected: "4xx, or bounded; nothing of the host, nothing past the user's rights",
  },
  async () => {
    const paths = [
      "../../etc/shadow",
      "/home/../etc/shadow",
      "%2fhome%2f%2e%2e%2fetc%2fshadow",
      "/tmp/a%00b",
      "etc/passwd",
      "",
      `/${"a".repeat(5000)}`,
    ];
    const refused = await all(
      "400 invalid_request",
      paths.flatMap((path) => both(path.slice(0, 40), `path=${path}`)),
    );
    // The guest's own files, by the guest's own rights; the host's are not there.
    await asRoot("sha256sum /etc/shadow > /root/before");
    await computer.exec(
      "ln -s /etc/shadow ~/shadow; ln -s /proc/1/root/etc/shadow ~/round; ln -s / ~/root; mkfifo ~/fifo; ln -s /dev/zero ~/zero",
    );
    const home = "path=/home/ohm";
    const bounded = await all(/^(404 file_not_found|409 (permission_denied|not_a_file))$/, [
      ...both("/etc/shadow", "path=/etc/shadow"),
      ...both("a link to it", `${home}/shadow`),
      ...both("a link through /proc", `${home}/round`),
      ...both("a folder that is a link", `${home}/root/etc/shadow`),
      ...both("a FIFO", `${home}/fifo`),
      ...both("/dev/zero", "path=/dev/zero"),
      ...both("a link to it", `${home}/zero`),
      ...both("the agent's memory", "path=/proc/self/mem"),
      ["the agent's environment", () => get("path=/proc/self/environ")],
      ["the agent's secret", () => get("path=/run/vitrine/config.json")],
      ["the host's file", () => get(`path=${hostFile}`)],
      ["the service's store", () => get(`path=${service.dataDir}/vitrine.db`)],
      [
        "a link to the host's file",
        async () => {
          await computer.exec(`ln -s ${hostFile} ~/host`);
          return get(`${home}/host`);
        },
      ],
    ]);

    // Swapped without end between a file of the user's and the shadow file.
    const swapping = await computer.processes.start(
      "cd ~; echo mine > mine; ln -sf mine a; ln -sf /etc/shadow b; while :; do mv -T a swap; ln -sf mine a; mv -T b swap; ln -sf /etc/shadow b; done",
    );
    const met = new Map<string, number>();
    for (let i = 0; i < 60; i++) {
      const text = await computer.files.readText("/home/ohm/swap").catch((error) => error.code);
      met.set(text.trim(), (met.get(text.trim()) ?? 0) + 1);
      if (i % 4 === 0) await computer.files.write("/home/ohm/swap", "mine\n").catch(() => {});
    }
    await computer.processes.signal(swapping.pid, "KILL");
    expect([...met.keys()].filter((text) => !["mine", "permission_denied", "file_not_found"].includes(text))).toEqual([]);
    expect(await asRoot("sha256sum -c /root/before")).toContain("OK");

    // 10 GiB for a disk of 32 MiB: told that there is no room, without having been taken whole or kept anywhere.
    const upload = await pour(files(`?path=${SMALL}/huge`), Readable.from(zeros(10 * 1024)), 10 * 1024 * MIB);
    expect(upload.answer).toBe("507 disk_full");
    expect(upload.grewMb).toBeLessThan(96);
    await expect.poll(left, { timeout: 30_000 }).toEqual([0, 0]);

    // A file of 1 EiB that holds nothing: its facts, its folder and parts of it are told, the whole is not begun.
    await computer.exec(`truncate -s 1E ${SMALL}/sparse`);
    const sparse = await all(/^(200|206)$/, [
      ["its facts", () => get(`path=${SMALL}/sparse`, "/stat")],
      ["its folder", () => get(`path=${SMALL}`, "/list")],
      ["a part", () => ask(files(`?path=${SMALL}/sparse`), { headers: { ...key(), Range: "bytes=0-9" } })],
    ]);
    expect(await get(`path=${SMALL}/sparse`)).toBe("400 invalid_request");
    await computer.files.delete(`${SMALL}/sparse`);
    return `${refused}; ${bounded}; swapped link, 60 reads: ${[...met].map(([text, times]) => `${times} × ${text}`).join(", ")}; 10 GiB: ${upload.answer} after ${upload.sentMb.toFixed(0)} MiB, nothing left, RSS ${upload.grewMb.toFixed(0)} MiB more; 1 EiB: ${sparse} for facts, folder and a part, 400 for the whole`;
  },
);

fault(
  {
    id: "B8",
    what: "archives: .., absolute names, a link and then through it, hard links, devices, FIFO, bombs, too many entries, none",
    expected: "4xx or 507, nothing outside the target; memory flat",
  },
  async () => {
    await asRoot("mkdir -m 777 /tmp/outside; echo secret > /root/secret");
    const unpack = (what: string, ...entries: Entry[]): Try => [
      what,
      () => ask(files("/archive?path=/home/ohm/in/deep"), { method: "PUT", headers: key(), body: gzipSync(tarOf(entries)) }),
    ];
    const data = "evil\n";
    const refused = await all(/^(204|422 archive_invalid|409 permission_denied)$/, [
      unpack("..", { name: "../../../../tmp/outside/slip", data }),
      unpack(".. inside", { name: "a/../../../../../tmp/outside/slip", data }),
      unpack("absolute", { name: "/tmp/outside/absolute", data }),
      unpack("a link and through it", { name: "l", type: "2", link: "/tmp/outside" }, { name: "l/through", data }),
      unpack("a link up and through it", { name: "u", type: "2", link: "../../../../tmp/outside" }, { name: "u/through", data }),
      unpack("a link to a file, written through", { name: "f", type: "2", link: "/tmp/outside/file" }, { name: "f", data }),
      unpack("a hard link to outside", { name: "h", type: "1", link: "/etc/passwd" }),
      unpack("a hard link up", { name: "hu", type: "1", link: "../../../../root/secret" }),
      unpack("a device", { name: "null", type: "3", numbers: [1, 3] }),
      unpack("a disk", { name: "disk", type: "4", numbers: [254, 0] }),
      unpack("a program of root's", { name: "suid", data, mode: 0o4755 }),
      unpack("a FIFO", { name: "pipe", type: "6" }),
    ]);
    expect(
      await asRoot(
        "ls -A /tmp/outside; find /home/ohm/in -type b -o -type c; find /home/ohm/in -user root -perm -4000; find /home/ohm/in -samefile /etc/passwd",
      ),
    ).toBe("");
    const broken = await all("422 archive_invalid", [
      ["no archive", () => put("path=/home/ohm/in", "not an archive", "/archive")],
      [
        "half of one",
        () =>
          ask(files("/archive?path=/home/ohm/in"), {
            method: "PUT",
            headers: key(),
            body: gzipSync(tarOf([{ name: "a", data: "b".repeat(9999) }])).subarray(0, 60),
          }),
      ],
    ]);

    // A file of zeros in a thousandth of its size, into a disk of 32 MiB, and more entries than it has inodes.
    const bomb = Readable.from(bombOf(BOMB_MB)).pipe(createGzip());
    const burst = await pour(files(`/archive?path=${SMALL}/bomb`), bomb);
    expect(burst.answer).toBe("507 disk_full");
    expect(burst.grewMb).toBeLessThan(96);
    await asRoot(`rm -rf ${SMALL}/bomb`);
    const crowd = gzipSync(tarOf(Array.from({ length: 20_000 }, (_, i) => ({ name: `n${i}` }))));
    expect(await ask(files(`/archive?path=${SMALL}/crowd`), { method: "PUT", headers: key(), body: crowd })).toBe("507 disk_full");
    await asRoot(`rm -rf ${SMALL}/crowd`);
    expect((await computer.exec("echo well")).stdout).toBe("well\n");
    return `${refused}, ${broken}: 0 outside; a bomb of ${BOMB_MB} MiB: ${burst.answer} after ${burst.sentMb.toFixed(2)} MiB, RSS ${burst.grewMb.toFixed(0)} MiB more; 20 000 entries for 5000 inodes: 507 disk_full`;
  },
);
