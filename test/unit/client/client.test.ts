import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { afterEach, expect, test, vi } from "vitest";
import { ownError } from "../../../src/client/errors.ts";
import { Files } from "../../../src/client/files.ts";
import { ConnectionError, UnexpectedAnswerError, Vitrine, VitrineError } from "../../../src/client/index.ts";
import { httpTransport } from "../../../src/client/transport.ts";
import { computer, type Handler, json, refuse, type Service, startService } from "./service.ts";

let service: Service | undefined;
const connect = async (routes: Record<string, Handler>) => {
  service = await startService({ "GET /v1/computers/einstein": (_, answer) => json(answer, computer()), ...routes });
  return new Vitrine({ url: service.url, apiKey: "key-of-the-test" });
};
afterEach(async () => {
  vi.unstubAllEnvs();
  await service?.close();
  service = undefined;
});

const C = "/v1/computers/cmp_abcdefghijkl";

test("a computer has its record's properties, and refresh renews them", async () => {
  const vitrine = await connect({ [`GET ${C}`]: (_, answer) => json(answer, computer({ status: "stopped" })) });
  const found = await vitrine.computers.get("einstein");
  expect(JSON.parse(JSON.stringify(found))).toEqual(computer());
  await found.refresh();
  expect(found.status).toBe("stopped");
  expect(service?.seen[0]?.headers.authorization).toBe("Bearer key-of-the-test");
});

test("an error answer becomes the VitrineError of its code, with the service's words", async () => {
  const vitrine = await connect({
    [`POST ${C}/exec`]: (_, answer) => refuse(answer, "wrong_state", { status: "stopped", verb: "exec", needs: "running" }),
  });
  const error = await (await vitrine.computers.get("einstein")).exec("true").catch((e: unknown) => e);
  expect(error).toBeInstanceOf(VitrineError);
  expect(error).toMatchObject({
    code: "wrong_state",
    status: 409,
    message: "The computer is stopped; exec needs it to be running.",
    details: { status: "stopped", request_id: "req_1" },
  });
});

test("an error of another copy of the code becomes the VitrineError of its code; any other is itself", async () => {
  const copy = "../../../src/contract/errors.ts?copy";
  const { VitrineError: Other }: { VitrineError: typeof VitrineError } = await import(/* @vite-ignore */ copy);
  const other = new Other("data_dir_in_use", { path: "/data" });
  expect(other).not.toBeInstanceOf(VitrineError);
  expect(ownError(other)).toBeInstanceOf(VitrineError);
  expect(ownError(other)).toMatchObject({ code: "data_dir_in_use", message: other.message, details: { path: "/data" } });
  const plain = new Error("plain");
  expect(ownError(plain)).toBe(plain);
});

test("what is not a Vitrine service's answer is told as such", async () => {
  const vitrine = await connect({
    "GET /v1/computers/html": (_, answer) => void answer.writeHead(502).end("<h1>Bad gateway</h1>"),
    "GET /v1/computers/newer": (_, answer) => json(answer, { error: { code: "from_the_future", message: "?", details: {} } }, 418),
    "GET /v1/computers/text": (_, answer) => void answer.end("hello"),
  });
  for (const name of ["html", "newer", "text"]) await expect(vitrine.computers.get(name)).rejects.toBeInstanceOf(UnexpectedAnswerError);
});

test("a service that is away is a ConnectionError, also when it goes in the middle of an answer", async () => {
  const vitrine = await connect({
    [`POST ${C}/exec/stream`]: (_, answer) => {
      answer.write('event: stdout\ndata: {"data":"a"}\n\n', () => answer.destroy());
    },
    [`GET ${C}/files`]: (_, answer) => {
      answer.write("some", () => answer.destroy());
    },
    "GET /v1/computers/cut": (_, answer) => {
      answer.writeHead(200, { "content-length": "100" });
      answer.write("{", () => answer.destroy());
    },
  });
  const found = await vitrine.computers.get("einstein");
  const events: unknown[] = [];
  const reading = (async () => {
    for await (const event of found.execStream("x")) events.push(event);
  })();
  await expect(reading).rejects.toBeInstanceOf(ConnectionError);
  expect(events).toEqual([{ type: "stdout", data: "a" }]);
  await expect(found.files.readStream("/x").then((file) => file.toArray())).rejects.toBeInstanceOf(ConnectionError);
  await expect(vitrine.computers.get("cut")).rejects.toBeInstanceOf(ConnectionError);
  await service?.close();
  await expect(vitrine.computers.get("einstein")).rejects.toThrow(/cannot be reached \(ECONNREFUSED\); is it running/);
});

test("exec sends text as command and a list as argv", async () => {
  const result = { exit_code: 3, signal: null, stdout: "o", stderr: "e", timed_out: false, truncated: false, duration_ms: 5 };
  const vitrine = await connect({ [`POST ${C}/exec`]: (_, answer) => json(answer, result) });
  const found = await vitrine.computers.get("einstein");
  expect(await found.exec("exit 3", { cwd: "/tmp", timeout_s: 5 })).toEqual(result);
  await found.exec(["ls", "-l"], { user: "root" });
  const bodies = service?.seen.slice(1).map((s) => JSON.parse(s.body.toString()));
  expect(bodies).toEqual([
    { command: "exit 3", cwd: "/tmp", timeout_s: 5 },
    { argv: ["ls", "-l"], user: "root" },
  ]);
});

test("execStream ends with exit; leaving it closes the connection", async () => {
  const closed = Promise.withResolvers<void>();
  const vitrine = await connect({
    [`POST ${C}/exec/stream`]: ({ body }, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      answer.write('event: stdout\ndata: {"data":"one"}\n\nevent: stderr\ndata: {"data":"two"}\n\n');
      if (body.includes("forever")) answer.on("close", closed.resolve);
      else answer.end('event: exit\ndata: {"exit_code":0,"signal":null,"timed_out":false,"truncated":false,"duration_ms":1}\n\n');
    },
  });
  const found = await vitrine.computers.get("einstein");
  const events = [];
  for await (const event of found.execStream("brief")) events.push(event);
  expect(events).toEqual([
    { type: "stdout", data: "one" },
    { type: "stderr", data: "two" },
    { type: "exit", exit_code: 0, signal: null, timed_out: false, truncated: false, duration_ms: 1 },
  ]);
  for await (const _ of found.execStream("forever")) break;
  await closed.promise;
});

test("aborting ends a call and a stream with the signal's reason", async () => {
  const vitrine = await connect({
    "GET /v1/computers/slow": () => {},
    [`GET ${C}/files`]: (_, answer) => void answer.writeHead(200).write("some"),
    [`POST ${C}/exec/stream`]: (_, answer) => void answer.writeHead(200).write(": hello\n\n"),
  });
  const reason = new Error("enough");
  const abort = new AbortController();
  const slow = vitrine.computers.get("slow", { signal: abort.signal });
  const found = await vitrine.computers.get("einstein");
  const streaming = (async () => {
    for await (const _ of found.execStream("x", { signal: abort.signal }));
  })();
  const reading = found.files.readStream("/x", { signal: abort.signal }).then((file) => file.toArray());
  setTimeout(() => abort.abort(reason), 50);
  await Promise.all([slow, streaming, reading].map((call) => expect(call).rejects.toBe(reason)));
  await expect(vitrine.computers.get("slow", { timeoutMs: 20 })).rejects.toMatchObject({ code: "timeout" });
});

test("files flow as streams in both directions", async () => {
  const block = Buffer.alloc(1024 * 1024, "vitrine ");
  const size = 32;
  const hash = createHash("sha256");
  for (let i = 0; i < size; i++) hash.update(block);
  const expected = hash.digest("hex");
  const vitrine = await connect({
    [`PUT ${C}/files`]: (_, answer) => void answer.writeHead(204).end(),
    [`GET ${C}/files`]: ({ headers }, answer) => void answer.end(headers.range ?? "whole"),
  });
  const { files } = await vitrine.computers.get("einstein");
  async function* blocks() {
    for (let i = 0; i < size; i++) yield block;
  }
  await files.write("/home/ohm/a b?.bin", blocks());
  const put = service?.seen.at(-1);
  expect(put?.query).toEqual({ path: "/home/ohm/a b?.bin" });
  expect(
    createHash("sha256")
      .update(put?.body ?? "")
      .digest("hex"),
  ).toBe(expected);
  await files.write("/t", "héllo");
  expect(service?.seen.at(-1)?.body.toString()).toBe("héllo");
  expect(await files.readText("/t")).toBe("whole");
  const part = await files.readStream("/t", { start: 5, end: 9 });
  expect((await part.toArray()).join("")).toBe("bytes=5-9");
});

test("an upload that is refused, or whose source fails, ends with that reason", async () => {
  const vitrine = await connect({ [`PUT ${C}/files`]: (_, answer) => refuse(answer, "disk_full", { path: "/big" }) });
  const { files } = await vitrine.computers.get("einstein");
  await expect(files.write("/big", Readable.from([Buffer.alloc(1000)]))).rejects.toMatchObject({ code: "disk_full" });
  const broken = new Readable({
    read() {
      this.destroy(new Error("the source broke"));
    },
  });
  await expect(files.write("/x", broken)).rejects.toThrow("the source broke");
});

test("an endless upload stops when the service refuses it early", async () => {
  const server = createServer((request, answer) => request.once("data", () => refuse(answer, "disk_full", { path: "/endless" })));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endless = new Readable({
      read() {
        this.push(Buffer.alloc(65536));
      },
    });
    const files = new Files(
      httpTransport(new URL(url), () => undefined),
      "/v1/computers/x/files",
    );
    await expect(files.write("/endless", endless)).rejects.toMatchObject({ code: "disk_full" });
    await finished(endless).catch(() => {});
    expect(endless.destroyed).toBe(true);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

test("a create that is aborted is undone by its Idempotency-Key", async () => {
  const asked = Promise.withResolvers<void>();
  const vitrine = await connect({
    "POST /v1/computers": ({ query }, answer) => {
      if (query.wait === "0") return json(answer, computer({ status: "creating" }), 201);
      asked.resolve();
    },
    [`DELETE ${C}`]: (_, answer) => json(answer, computer({ status: "deleted" })),
  });
  const abort = new AbortController();
  const creating = vitrine.computers.create({ name: "einstein" }, { signal: abort.signal });
  await asked.promise;
  abort.abort(new Error("no longer wanted"));
  await expect(creating).rejects.toThrow("no longer wanted");
  expect(service?.requests()).toEqual(["POST /v1/computers", "POST /v1/computers", `DELETE ${C}`]);
  const [first, second] = service?.seen ?? [];
  expect(first?.headers["idempotency-key"]).toBeTruthy();
  expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
  expect(second?.body).toEqual(first?.body);
});

test("all() follows the pages", async () => {
  const vitrine = await connect({
    "GET /v1/computers": ({ query }, answer) =>
      json(
        answer,
        query.cursor === "2"
          ? { data: [computer({ name: "b" })], next_cursor: null }
          : { data: [computer({ name: "a" })], next_cursor: "2" },
      ),
  });
  const names = [];
  for await (const { name } of vitrine.computers.all({ status: "running" })) names.push(name);
  expect(names).toEqual(["a", "b"]);
  expect(service?.seen.map((s) => s.query)).toEqual([{ status: "running" }, { status: "running", cursor: "2" }]);
});

test("the machine's own key is read from its file, and never sent to another machine", async () => {
  const dir = await mkdtemp(join(tmpdir(), "vitrine-client-"));
  try {
    await connect({});
    vi.stubEnv("VITRINE_DATA_DIR", dir);
    vi.stubEnv("VITRINE_API_KEY", "");
    const url = new URL(service?.url ?? "");
    vi.stubEnv("VITRINE_URL", url.href);
    const vitrine = new Vitrine();
    await vitrine.computers.get("einstein");
    await writeFile(join(dir, "api-key"), "from-the-file\n", { mode: 0o600 });
    await vitrine.computers.get("einstein");
    expect(service?.seen.map((s) => s.headers.authorization)).toEqual([undefined, "Bearer from-the-file"]);
    // Leads here too, but is not plainly this machine.
    const elsewhere = new Vitrine({ url: `http://[::ffff:127.0.0.1]:${url.port}` });
    await elsewhere.computers.get("einstein");
    expect(service?.seen.at(-1)?.headers.authorization).toBeUndefined();
  } finally {
    await rm(dir, { recursive: true });
  }
});

test("a URL that is none is refused at once", () => {
  expect(() => new Vitrine({ url: "localhost:7780" })).toThrow(/not an http or https URL/);
});

test("act sends a batch, or a model's call in its own fields, and gives what was answered", async () => {
  const vitrine = await connect({ [`POST ${C}/actions`]: ({ body }, answer) => json(answer, { got: JSON.parse(body.toString()) }) });
  const einstein = await vitrine.computers.get("einstein");
  expect(await einstein.act([{ type: "click", x: 1, y: 2 }], { screenshot: "after" })).toEqual({
    got: { screenshot: "after", actions: [{ type: "click", x: 1, y: 2 }] },
  });
  expect(await einstein.act({ type: "computer_call", call_id: "c" }, { dialect: "openai", if_controlled: "wait" })).toEqual({
    got: { dialect: "openai", if_controlled: "wait", type: "computer_call", call_id: "c" },
  });
  expect(await einstein.act([{ name: "computer" }], { dialect: "anthropic" })).toEqual({
    got: { dialect: "anthropic", actions: [{ name: "computer" }] },
  });
});

test("control is taken, seen and let go of", async () => {
  const control = { holder: "agent", name: "a", since: null, expires_at: null };
  const vitrine = await connect({
    [`POST ${C}/control`]: (_, answer) => json(answer, control),
    [`GET ${C}/control`]: (_, answer) => json(answer, control),
    [`DELETE ${C}/control`]: (_, answer) => refuse(answer, "computer_not_found", { id: "einstein" }),
  });
  const einstein = await vitrine.computers.get("einstein");
  expect(await einstein.takeControl({ holder: "agent", name: "a", ttl_s: 5 })).toEqual(control);
  expect(JSON.parse(String(service?.seen.at(-1)?.body))).toEqual({ holder: "agent", name: "a", ttl_s: 5 });
  expect(await einstein.control()).toEqual(control);
  await expect(einstein.releaseControl()).rejects.toMatchObject({ code: "computer_not_found" });
});
