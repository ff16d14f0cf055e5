import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let base: string;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
/** The fake guest's files are this host's, so everything stays in a folder of the test's own. */
const guest = mkdtempSync(join(tmpdir(), "vg-"));
beforeAll(async () => {
  service = await startService(dir);
  const { body } = await service.call("POST", "/v1/computers", { env: { GREETING: "hello" } });
  base = `/v1/computers/${body.id}`;
});
afterAll(async () => {
  await service.call("DELETE", base);
  await service.close();
  rmSync(dir, { recursive: true });
  rmSync(guest, { recursive: true });
});

/** The events of a server-sent stream, to its end. */
const events = async (method: string, path: string, body?: unknown) => {
  const { body: text } = await service.call(method, base + path, body);
  return (text as string)
    .split("\n\n")
    .map((block) => /^event: (\w+)\ndata: (.*)$/s.exec(block))
    .filter((match) => match !== null)
    .map(([, event, data]) => ({ event, data: JSON.parse(data as string) }));
};

describe("exec", () => {
  const exec = async (body: object) => (await service.call("POST", `${base}/exec`, body)).body;
  test("command, argv, environment, cwd and stdin", async () => {
    expect(await exec({ command: "echo $GREETING $X; echo oops >&2; exit 3", env: { X: "there" } })).toMatchObject({
      exit_code: 3,
      signal: null,
      stdout: "hello there\n",
      stderr: "oops\n",
      timed_out: false,
      truncated: false,
    });
    expect(await exec({ argv: ["printf", "%s|", "a b", "$HOME"] })).toMatchObject({ stdout: "a b|$HOME|" });
    expect(await exec({ argv: ["pwd"], cwd: guest })).toMatchObject({ stdout: `${guest}\n` });
    expect(await exec({ argv: ["cat"], stdin: "Žluťoučký 漢字 😀" })).toMatchObject({ stdout: "Žluťoučký 漢字 😀", exit_code: 0 });
  });
  test("a command that is not there is an answer, not a failure", async () =>
    expect(await exec({ argv: ["no-such-command"] })).toMatchObject({ exit_code: 127 }));
  test("a timeout ends the whole process group", async () => {
    const answer = await exec({ command: `(sleep 1000; echo late) & echo $! > ${guest}/pid; sleep 1000`, timeout_s: 3 });
    expect(answer).toMatchObject({ timed_out: true, exit_code: null });
    const pid = Number(readFileSync(join(guest, "pid"), "utf8"));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
  test("output over 1 MiB is cut and says so", async () => {
    const answer = await exec({ command: "head -c 3000000 /dev/zero | tr '\\0' x; echo end >&2" });
    expect(answer).toMatchObject({ truncated: true, exit_code: 0, stderr: "end\n" });
    expect(answer.stdout.length).toBe(1024 * 1024);
  });
  test("a stream gives the output as it comes and the exit last", async () => {
    const seen = await events("POST", "/exec/stream", { command: "echo a; echo b >&2; exit 4" });
    expect(seen.at(-1)).toMatchObject({ event: "exit", data: { exit_code: 4 } });
    expect(seen).toContainEqual({ event: "stdout", data: { data: "a\n" } });
    expect(seen).toContainEqual({ event: "stderr", data: { data: "b\n" } });
  });
});

test("background processes: start, list, write, read, signal", async () => {
  const started = await service.call("POST", `${base}/processes`, {
    command: "while read line; do echo got $line; done; echo bye; sleep 1000",
  });
  expect(started).toMatchObject({ status: 201, body: { running: true, pid: expect.any(Number) } });
  const path = `/processes/${started.body.pid}`;
  expect((await service.call("POST", `${base}${path}/stdin`, "one\n")).status).toBe(204);
  expect((await service.call("POST", `${base}${path}/stdin?end=1`, "two\n")).status).toBe(204);
  const output = events("GET", `${path}/output`);
  expect((await service.call("GET", `${base}/processes`)).body.data).toMatchObject([{ pid: started.body.pid }]);
  await expect.poll(async () => (await service.call("POST", `${base}${path}/signal`, { signal: "TERM" })).status).toBe(204);
  const seen = await output;
  expect(seen.at(-1)).toMatchObject({ event: "exit", data: { signal: "SIGTERM" } });
  expect((await service.call("GET", base + path)).body).toMatchObject({ running: false, signal: "SIGTERM" });
  expect((await service.call("GET", `${base}/processes/4000000`)).body.error.code).toBe("process_not_found");
});

describe("files", () => {
  test("an upload that is refused before it was read holds up nothing that comes after it on its connection", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = async (method: string, path: string, body?: Buffer): Promise<number> => {
      const sent = request(service.url + base + path, { agent, method, headers: { authorization: `Bearer ${service.apiKey}` } });
      sent.end(body);
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      await buffer(answer);
      return answer.statusCode!;
    };
    expect(await ask("PUT", `/files?path=${guest}`, Buffer.alloc(16 * 1024 ** 2))).toBe(409);
    expect(await ask("GET", `/files/stat?path=${guest}`)).toBe(200);
    agent.destroy();
  });
  const at = (name: string) => `path=${encodeURIComponent(join(guest, name))}`;
  test("a file goes in and comes out with the same bytes, whole and in ranges", async () => {
    const bytes = randomBytes(3_000_000);
    expect((await service.call("PUT", `${base}/files?${at("new folder/ž😀.bin")}`, bytes)).status).toBe(204);
    const get = (range?: string) =>
      fetch(`${service.url}${base}/files?${at("new folder/ž😀.bin")}`, {
        headers: { Authorization: `Bearer ${service.apiKey}`, ...(range && { Range: range }) },
      });
    const whole = Buffer.from(await (await get()).arrayBuffer());
    expect(createHash("sha256").update(whole).digest("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    const part = await get("bytes=1000-1999");
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 1000-1999/3000000");
    expect(Buffer.from(await part.arrayBuffer())).toEqual(bytes.subarray(1000, 2000));
    expect(Buffer.from(await (await get("bytes=-5")).arrayBuffer())).toEqual(bytes.subarray(-5));
    expect((await get("bytes=3000000-")).status).toBe(416);
  });
  test("list, stat, mkdir, move, delete", async () => {
    await service.call("PUT", `${base}/files?${at("d/a.txt")}`, "abc");
    expect((await service.call("POST", `${base}/files/mkdir`, { path: join(guest, "d/sub/deep") })).status).toBe(204);
    const { body } = await service.call("GET", `${base}/files/list?${at("d")}`);
    expect(body.data.map((f: { name: string; type: string }) => [f.name, f.type]).sort()).toEqual([
      ["a.txt", "file"],
      ["sub", "directory"],
    ]);
    expect((await service.call("GET", `${base}/files/stat?${at("d/a.txt")}`)).body).toMatchObject({
      size_bytes: 3,
      type: "file",
      name: "a.txt",
    });
    const move = (overwrite: boolean) =>
      service.call("POST", `${base}/files/move`, { from: join(guest, "d/a.txt"), to: join(guest, "d/b.txt"), overwrite });
    writeFileSync(join(guest, "d/b.txt"), "old");
    expect((await move(false)).body.error.code).toBe("file_exists");
    expect((await move(true)).status).toBe(204);
    expect(readFileSync(join(guest, "d/b.txt"), "utf8")).toBe("abc");
    expect((await service.call("DELETE", `${base}/files?${at("d")}`)).status).toBe(204);
    expect((await service.call("GET", `${base}/files?${at("d/b.txt")}`)).body.error.code).toBe("file_not_found");
  });
  test("folders, devices and what is missing are refused by name", async () => {
    expect((await service.call("GET", `${base}/files?path=/dev/zero`)).body.error.code).toBe("not_a_file");
    expect((await service.call("GET", `${base}/files?path=/tmp`)).body.error.code).toBe("not_a_file");
    expect((await service.call("GET", `${base}/files/list?${at("none")}`)).body.error.code).toBe("file_not_found");
  });
  test("a folder goes out as an archive and in again", async () => {
    await service.call("PUT", `${base}/files?${at("tree/x/y.txt")}`, "deep");
    const archive = await fetch(`${service.url}${base}/files/archive?${at("tree")}`, {
      headers: { Authorization: `Bearer ${service.apiKey}` },
    });
    const bytes = new Uint8Array(await archive.arrayBuffer());
    expect((await service.call("PUT", `${base}/files/archive?${at("copy")}`, bytes)).status).toBe(204);
    expect(readFileSync(join(guest, "copy/x/y.txt"), "utf8")).toBe("deep");
    expect((await service.call("PUT", `${base}/files/archive?${at("copy")}`, "not an archive")).body.error.code).toBe("archive_invalid");
  });
});

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
