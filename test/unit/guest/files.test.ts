import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { peakMemory, soon, startAgent, type TestAgent } from "./agent.ts";

let agent: TestAgent;
let dir: string;
let count = 0;
beforeAll(async () => {
  agent = await startAgent();
});
afterAll(() => agent.stop());
beforeEach(() => {
  dir = join(agent.files, String(count++));
  mkdirSync(dir);
});

const write = (path: string, data: Buffer | string) => agent.guest.writeFile(path, Readable.from([Buffer.from(data)]), soon());
const read = async (path: string, range: { start: number; end?: number } | null = null) => {
  const { size, body } = await agent.guest.readFile(path, range, soon());
  return { size, data: Buffer.concat(await body.toArray()) };
};
/** The tars that the agent runs. */
const tars = (): number[] => {
  const children = readFileSync(`/proc/${agent.pid}/task/${agent.pid}/children`, "utf8").trim().split(" ").map(Number);
  return children.filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/comm`, "utf8") === "tar\n");
};

const failure = (code: string) => expect.objectContaining({ name: "VitrineError", code });

test("bytes come back as they went in, and parents are made", async () => {
  const path = join(dir, "a/b/č ?#&%.bin");
  for (const size of [0, 1, 65_536, 65_537, 300_001]) {
    const data = randomBytes(size);
    await write(path, data);
    expect(readFileSync(path).equals(data)).toBe(true);
    const back = await read(path);
    expect(back.size).toBe(size);
    expect(back.data.equals(data)).toBe(true);
  }
  expect(readdirSync(join(dir, "a/b"))).toHaveLength(1);
});

test("ranges are read, small and large", async () => {
  for (const size of [1000, 500_000]) {
    const path = join(dir, `r${size}`);
    const data = randomBytes(size);
    writeFileSync(path, data);
    expect(await read(path, { start: 10, end: 19 })).toEqual({ size, data: data.subarray(10, 20) });
    expect((await read(path, { start: size - 3 })).data.equals(data.subarray(size - 3))).toBe(true);
    expect((await read(path, { start: size - 3, end: size * 2 })).data.length).toBe(3);
    await expect(read(path, { start: size })).rejects.toEqual(failure("range_not_satisfiable"));
  }
});

test("160 MiB go both ways with flat memory", async () => {
  const size = 160 * 1024 * 1024;
  const path = join(dir, "large");
  const before = peakMemory(agent.pid);
  const mine = process.memoryUsage().rss;
  const sent = createHash("sha256");
  const source = async function* () {
    for (let i = 0; i < size; i += 256 * 1024) {
      const chunk = Buffer.alloc(256 * 1024, i / 1024);
      sent.update(chunk);
      yield chunk;
    }
  };
  await agent.guest.writeFile(path, Readable.from(source()), soon(60_000));
  const received = createHash("sha256");
  const { size: told, body } = await agent.guest.readFile(path, null, soon(60_000));
  for await (const chunk of body) received.update(chunk as Buffer);
  expect(told).toBe(size);
  expect(received.digest("hex")).toBe(sent.digest("hex"));
  expect(peakMemory(agent.pid) - before).toBeLessThan(100);
  expect((process.memoryUsage().rss - mine) / 1024 / 1024).toBeLessThan(100);
}, 60_000);

test("a reader who stops holds the agent back instead of filling its memory", async () => {
  const path = join(dir, "sparse");
  writeFileSync(path, "");
  truncateSync(path, 1024 * 1024 * 1024);
  const before = peakMemory(agent.pid);
  const { body } = await agent.guest.readFile(path, null, soon());
  let bytes = 0;
  for await (const chunk of body) {
    bytes += (chunk as Buffer).length;
    if (bytes > 1024 * 1024) break;
  }
  // The agent answers others meanwhile and afterwards.
  expect((await agent.guest.stat(path, soon())).size_bytes).toBe(1024 * 1024 * 1024);
  expect(peakMemory(agent.pid) - before).toBeLessThan(32);
});

test("an upload that breaks off leaves nothing, and the old file as it was", async () => {
  const path = join(dir, "kept");
  writeFileSync(path, "old");
  const body = new PassThrough();
  body.write(randomBytes(500_000));
  const broken = agent.guest.writeFile(path, body, soon());
  await expect.poll(() => readdirSync(dir).length, { timeout: 10_000 }).toBe(2);
  body.destroy(new Error("the client went away"));
  await expect(broken).rejects.toThrow("the client went away");
  const abort = new AbortController();
  const hanging = new PassThrough();
  hanging.write("x");
  const aborted = agent.guest.writeFile(path, hanging, abort.signal);
  abort.abort(new Error("enough"));
  await expect(aborted).rejects.toThrow("enough");
  await expect.poll(() => readdirSync(dir), { timeout: 10_000 }).toEqual(["kept"]);
  expect(readFileSync(path, "utf8")).toBe("old");
});

test("a file that is replaced keeps its mode, and a link is written through", async () => {
  const path = join(dir, "script");
  writeFileSync(path, "old");
  chmodSync(path, 0o750);
  symlinkSync("script", join(dir, "link"));
  await write(join(dir, "link"), "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o750);
  expect(readlinkSync(join(dir, "link"))).toBe("script");
});

test("what is no regular file is refused and does not hold up the agent", async () => {
  execFileSync("mkfifo", [join(dir, "fifo")]);
  await expect(read(join(dir, "fifo"))).rejects.toEqual(failure("not_a_file"));
  await expect(write(join(dir, "fifo"), "x")).rejects.toEqual(failure("not_a_file"));
  await expect(read(dir)).rejects.toEqual(failure("not_a_file"));
  await expect(write(dir, "x")).rejects.toEqual(failure("not_a_file"));
  await expect(write("/dev/null", "x")).rejects.toEqual(failure("not_a_file"));
  await expect(write(join(dir, "fifo", "x"), "x")).rejects.toEqual(failure("not_a_directory"));
});

test("files that do not say their size are read whole", async () => {
  const { data, size } = await read("/proc/self/status");
  expect(data.toString()).toContain("Name:");
  expect(size).toBe(data.length);
});

test("bad paths are refused", async () => {
  for (const path of ["relative", "/a/../b", "/a\0b", ""])
    await expect(agent.guest.stat(path, soon())).rejects.toEqual(failure("invalid_path"));
  await expect(agent.guest.stat(join(dir, "none"), soon())).rejects.toEqual(failure("file_not_found"));
  await expect(read(join(dir, "none"))).rejects.toEqual(failure("file_not_found"));
});

test("stat and list tell what is there", async () => {
  writeFileSync(join(dir, "f"), "12345", { mode: 0o640 });
  mkdirSync(join(dir, "d"));
  symlinkSync("/nowhere", join(dir, "l"));
  const list = await agent.guest.list(dir, soon());
  expect(list.map((f) => [f.name, f.type])).toEqual([
    ["d", "directory"],
    ["f", "file"],
    ["l", "symlink"],
  ]);
  const stat = await agent.guest.stat(join(dir, "f"), soon());
  expect(stat).toMatchObject({
    path: join(dir, "f"),
    name: "f",
    size_bytes: 5,
    mode: "0640",
    modified_at: lstatSync(join(dir, "f")).mtime.toISOString(),
  });
  expect(list).toContainEqual(stat);
  await expect(agent.guest.list(join(dir, "f"), soon())).rejects.toEqual(failure("not_a_directory"));
});

test("a folder too large to list is an error, not a part", async () => {
  const large = mkdtempSync("/dev/shm/vitrine-large-");
  try {
    chmodSync(large, 0o777);
    execFileSync("bash", ["-c", "touch $(seq 10001)"], { cwd: large });
    await expect(agent.guest.list(large, soon())).rejects.toEqual(failure("invalid_request"));
  } finally {
    rmSync(large, { recursive: true });
  }
});

test("a file that is larger than a number can say is told of as the largest, and read in parts alone", async () => {
  const shm = mkdtempSync("/dev/shm/vitrine-sparse-");
  try {
    chmodSync(shm, 0o777);
    const path = join(shm, "f");
    execFileSync("truncate", ["-s", "1E", path]);
    const told = { path, size_bytes: Number.MAX_SAFE_INTEGER };
    expect(await agent.guest.stat(path, soon())).toMatchObject(told);
    expect(await agent.guest.list(shm, soon())).toMatchObject([told]);
    expect(await read(path, { start: 5, end: 9 })).toEqual({ size: Number.MAX_SAFE_INTEGER, data: Buffer.alloc(5) });
    await expect(read(path)).rejects.toEqual(failure("invalid_request"));
  } finally {
    rmSync(shm, { recursive: true });
  }
});

test("folders are made, moved and deleted", async () => {
  const at = (name: string) => join(dir, name);
  await agent.guest.mkdir(at("a/b"), soon());
  await agent.guest.mkdir(at("a/b"), soon());
  writeFileSync(at("a/b/f"), "x");
  await agent.guest.move(at("a"), at("c"), false, soon());
  expect(existsSync(at("c/b/f"))).toBe(true);
  writeFileSync(at("f"), "1");
  writeFileSync(at("g"), "2");
  await expect(agent.guest.mkdir(at("f"), soon())).rejects.toEqual(failure("file_exists"));
  await expect(agent.guest.move(at("f"), at("g"), false, soon())).rejects.toEqual(failure("file_exists"));
  await expect(agent.guest.move(at("f"), at("c"), true, soon())).rejects.toEqual(failure("file_exists"));
  await expect(agent.guest.move(at("c"), at("g"), true, soon())).rejects.toEqual(failure("file_exists"));
  await expect(agent.guest.move(at("none"), at("h"), true, soon())).rejects.toEqual(failure("file_not_found"));
  await agent.guest.move(at("f"), at("g"), true, soon());
  expect(readFileSync(at("g"), "utf8")).toBe("1");
  symlinkSync(at("g"), at("link"));
  await agent.guest.deleteFile(at("link"), soon());
  expect(existsSync(at("g"))).toBe(true);
  await agent.guest.deleteFile(at("c"), soon());
  await agent.guest.deleteFile(at("g"), soon());
  expect(readdirSync(dir)).toEqual([]);
  await expect(agent.guest.deleteFile(at("g"), soon())).rejects.toEqual(failure("file_not_found"));
});

test("a file moves between disks", async () => {
  writeFileSync(join(dir, "f"), "x");
  const other = join("/dev/shm", `vitrine-${randomBytes(6).toString("hex")}`);
  await agent.guest.move(join(dir, "f"), other, false, soon());
  expect(readFileSync(other, "utf8")).toBe("x");
  await agent.guest.deleteFile(other, soon());
  expect(existsSync(other)).toBe(false);
});

test("an archive goes out and in with all that is in it", async () => {
  const from = join(dir, "from");
  mkdirSync(join(from, "deep/er"), { recursive: true });
  const data = randomBytes(300_000);
  writeFileSync(join(from, "deep/er/data"), data);
  writeFileSync(join(from, "run"), "#!", { mode: 0o755 });
  symlinkSync("run", join(from, "link"));
  const archive = await agent.guest.readArchive(from, soon());
  const to = join(dir, "to/folder");
  await agent.guest.writeArchive(to, archive, soon());
  expect(readFileSync(join(to, "deep/er/data")).equals(data)).toBe(true);
  expect(statSync(join(to, "run")).mode & 0o777).toBe(0o755);
  expect(readlinkSync(join(to, "link"))).toBe("run");
});

test("bad archives are refused with tar's reason", async () => {
  await expect(agent.guest.writeArchive(dir, Readable.from([Buffer.from("not an archive")]), soon())).rejects.toEqual(
    failure("archive_invalid"),
  );
  await expect(agent.guest.writeArchive(dir, Readable.from([randomBytes(4_000_000)]), soon())).rejects.toEqual(failure("archive_invalid"));
  await expect(agent.guest.readArchive(join(dir, "none"), soon())).rejects.toEqual(failure("file_not_found"));
  writeFileSync(join(dir, "f"), "x");
  await expect(agent.guest.readArchive(join(dir, "f"), soon())).rejects.toEqual(failure("not_a_directory"));
});

test("an archive whose tar dies does not pass for whole", async () => {
  writeFileSync(join(dir, "f"), randomBytes(20_000_000));
  const body = await agent.guest.readArchive(dir, soon());
  for (const pid of tars()) process.kill(pid, "SIGKILL");
  await expect(body.toArray()).rejects.toThrow();
});

test("an archive that breaks off ends its tar", async () => {
  const body = new PassThrough();
  const abort = new AbortController();
  const broken = agent.guest.writeArchive(join(dir, "broken"), body, abort.signal);
  await expect.poll(() => tars().length, { timeout: 10_000 }).toBe(1);
  abort.abort(new Error("enough"));
  await expect(broken).rejects.toThrow("enough");
  await expect.poll(() => tars().length, { timeout: 10_000 }).toBe(0);
});

test("what an agent that was killed has left of an upload, the next one removes", async () => {
  const own = await startAgent();
  const body = new PassThrough();
  body.write("half");
  const failed = expect(own.guest.writeFile(join(own.files, "file"), body, soon())).rejects.toMatchObject({ code: "guest_link_lost" });
  await expect.poll(() => readdirSync(own.files)).toEqual([expect.stringMatching(/^\.vitrine\.\w+\.tmp$/)]);
  await own.kill();
  await own.start();
  await failed;
  body.destroy();
  await expect.poll(() => readdirSync(own.files), { timeout: 10_000 }).toEqual([]);
  await own.stop();
});

test.each([0, 10, 100])("what has come whole before anyone reads it, %i ms later, is read whole", async (ms) => {
  writeFileSync(join(dir, "small"), "small");
  for (let round = 0; round < 20; round++) {
    const { body } = await agent.guest.readFile(join(dir, "small"), null, soon());
    await delay(ms);
    expect(await text(body)).toBe("small");
    const archive = await agent.guest.readArchive(dir, soon());
    await delay(ms);
    expect((await text(archive)).length).toBeGreaterThan(0);
  }
});
