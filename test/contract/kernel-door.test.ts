import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Kernel, { APIError, AuthenticationError, BadRequestError, ConflictError, NotFoundError, toFile } from "@onkernel/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CDP_PORT } from "../../src/contract/guest/protocol.ts";
import { startFakeChromium } from "../support/fake-chromium.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

let chromium: Awaited<ReturnType<typeof startFakeChromium>>;
let service: TestService;
let kernel: Kernel;
let id: string;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
/** The fake guest's files are this host's, so everything stays in a folder of the test's own. */
const guest = mkdtempSync(join(tmpdir(), "vg-"));
beforeAll(async () => {
  chromium = await startFakeChromium();
  service = await startService(dir, fakeFleet({ [CDP_PORT]: chromium.port }));
  kernel = new Kernel({ baseURL: service.url, apiKey: service.apiKey });
  id = (await kernel.browsers.create({ timeout_seconds: 600 })).session_id;
});
afterAll(async () => {
  for await (const { session_id } of kernel.browsers.list()) await kernel.browsers.deleteByID(session_id);
  await service.close();
  await chromium.close();
  rmSync(dir, { recursive: true });
  rmSync(guest, { recursive: true });
});

/** What a call is refused with. */
const refusal = async (call: PromiseLike<unknown>): Promise<APIError> => {
  const error = await Promise.resolve(call).then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(APIError);
  return error;
};

describe("browsers", () => {
  test("create says what it was asked for, retrieve and list say it again, delete ends it", async () => {
    const made = await kernel.browsers.create({
      name: "checkout",
      viewport: { width: 1024, height: 768, refresh_rate: 60 },
      timeout_seconds: 300,
      start_url: "about:blank",
      tags: { team: "shop" },
      stealth: true,
      telemetry: { enabled: true },
    });
    expect(made).toEqual({
      session_id: expect.stringMatching(/^cmp_/),
      name: "checkout",
      created_at: expect.any(String),
      cdp_ws_url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/v1\/computers\/cmp_\w+\/cdp\?token=/),
      browser_live_view_url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/live\/cmp_\w+\?token=/),
      webdriver_ws_url: "",
      headless: false,
      stealth: false,
      timeout_seconds: 300,
      viewport: { width: 1024, height: 768 },
      start_url: "about:blank",
      tags: { team: "shop" },
    });
    expect(await kernel.browsers.retrieve("checkout")).toEqual(made);
    const { body } = await service.call("GET", `/v1/computers/${made.session_id}`);
    expect(body).toMatchObject({ name: "checkout", metadata: { team: "shop" }, cdp_ws_url: made.cdp_ws_url });

    await kernel.browsers.deleteByID(made.session_id);
    expect(await refusal(kernel.browsers.retrieve(made.session_id))).toBeInstanceOf(NotFoundError);
    const deleted = await kernel.browsers.retrieve(made.session_id, { include_deleted: true });
    expect(deleted).toMatchObject({ session_id: made.session_id, deleted_at: expect.any(String) });
  });

  test("the vendor's defaults: a screen of 1920x1080, ended after a minute", async () => {
    const made = await kernel.browsers.create();
    expect(made).toMatchObject({ headless: false, viewport: { width: 1920, height: 1080 }, timeout_seconds: 60 });
    await kernel.browsers.deleteByID(made.session_id);
  });

  test("a headless one has no live view", async () => {
    const made = await kernel.browsers.create({ headless: true });
    expect(made).toMatchObject({ headless: true });
    expect(made.browser_live_view_url).toBeUndefined();
    expect(await refusal(kernel.browsers.computer.captureScreenshot(made.session_id))).toMatchObject({ error: { code: "no_display" } });
    await kernel.browsers.deleteByID(made.session_id);
  });

  test("one that nobody uses for its timeout is deleted", async () => {
    const { session_id } = await kernel.browsers.create({ timeout_seconds: 10 });
    await expect
      .poll(
        () =>
          kernel.browsers.retrieve(session_id).then(
            () => "there",
            (error) => error.status,
          ),
        { timeout: 20_000, interval: 500 },
      )
      .toBe(404);
  });

  test("lists go by pages, by tags, by name, and with those that are deleted", async () => {
    const made = await Promise.all(
      ["one", "two", "three"].map((name) => kernel.browsers.create({ name: `listed-${name}`, tags: { set: "listed", name } })),
    );
    await service.call("POST", "/v1/computers", { template: "browser", name: "listed-other" });
    const names = async (query: Parameters<typeof kernel.browsers.list>[0]) => {
      const all: (string | undefined)[] = [];
      for await (const { name } of kernel.browsers.list(query)) all.push(name);
      return all.sort();
    };
    expect(await names({ limit: 1, tags: { set: "listed" } })).toEqual(["listed-one", "listed-three", "listed-two"]);
    expect(await names({ tags: { set: "listed", name: "two" } })).toEqual(["listed-two"]);
    expect(await names({ query: "listed-t" })).toEqual(["listed-three", "listed-two"]);
    expect((await kernel.browsers.list({ limit: 2, query: "listed" })).items).toHaveLength(2);
    for (const { session_id } of made) await kernel.browsers.deleteByID(session_id);
    expect(await names({ query: "listed" })).toEqual(["listed-other"]);
    expect(await names({ query: "listed", status: "deleted" })).toEqual(["listed-one", "listed-three", "listed-two"]);
    expect(await names({ query: "listed", status: "all" })).toHaveLength(4);
  });

  test("a profile goes by its name", async () => {
    const { session_id, profile } = await kernel.browsers.create({ profile: { name: "shop", save_changes: true } });
    expect(profile).toMatchObject({ id: "shop", name: "shop" });
    await kernel.browsers.deleteByID(session_id);
    expect((await service.call("GET", "/v1/profiles/shop")).status).toBe(200);
  });
});

describe("what cannot be had", () => {
  test.each([
    [{ extensions: [{ name: "adblock" }] }, "extensions"],
    [{ proxy_id: "prx_1" }, "proxy_id"],
    [{ chrome_policy: { HomepageLocation: "https://example.com" } }, "chrome_policy"],
    [{ persistence: { id: "mine" } }, "persistence"],
  ])("an option: %o", async (body: object, option) => {
    const error = await refusal(kernel.browsers.create(body as Kernel.BrowserCreateParams));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.error).toEqual({ code: "unsupported_option", message: expect.stringContaining(option) });
  });
  test("an option that asks for nothing is no matter", async () => {
    const { session_id } = await kernel.browsers.create({ extensions: [], proxy_id: "", chrome_policy: {} });
    await kernel.browsers.deleteByID(session_id);
  });
  test("calls", async () => {
    const { browsers } = kernel;
    const code = async (call: PromiseLike<unknown>) => (await refusal(call)).error;
    const unsupported = (message: string) => ({ code: "unsupported_option", message: expect.stringContaining(message) });
    expect(await code(browsers.playwright.execute(id, { code: "return 1" }))).toEqual(unsupported("cdp_ws_url"));
    expect(await code(browsers.update(id, { tags: {} }))).toEqual(unsupported("created"));
    expect(await code(browsers.curl(id, { url: "https://example.com" }))).toEqual(unsupported("process/exec"));
    expect(await code(browsers.fs.downloadDirZip(id, { path: guest }))).toEqual(unsupported("tar.gz"));
    expect(await code(browsers.fs.watch.start(id, { path: guest }))).toEqual(unsupported("list_files"));
    expect(await code(browsers.process.resize("1", { id, cols: 80, rows: 24 }))).toEqual(unsupported("terminals"));
    expect(await code(browsers.process.spawn(id, { command: "sh", allocate_tty: true }))).toEqual(unsupported("terminals"));
    expect(await code(browsers.telemetry.events(id))).toEqual(unsupported("/events"));
    expect(await code(kernel.get(`/browsers/${id}/nothing`))).toMatchObject({ code: "route_not_found" });
  });
});

describe("errors have the vendor's form and the registry's codes", () => {
  test("a wrong key, an unknown browser, a bad body, a taken name", async () => {
    const stranger = new Kernel({ baseURL: service.url, apiKey: "wrong" });
    const unauthorised = await refusal(stranger.browsers.list());
    expect(unauthorised).toBeInstanceOf(AuthenticationError);
    expect(unauthorised.error).toEqual({ code: "unauthorized", message: expect.any(String) });
    expect((await refusal(kernel.browsers.retrieve("nobody"))).error).toMatchObject({ code: "computer_not_found" });
    expect((await refusal(kernel.browsers.create({ viewport: { width: 1, height: 1 } }))).error).toMatchObject({ code: "invalid_request" });
    expect((await refusal(kernel.post("/browsers", { body: { nonsense: 1 } }))).error).toMatchObject({ code: "invalid_request" });
    await kernel.browsers.create({ name: "taken" });
    const taken = await refusal(kernel.browsers.create({ name: "taken" }));
    expect(taken).toBeInstanceOf(ConflictError);
    expect(taken.error).toEqual({ code: "name_taken", message: expect.stringContaining("taken") });
  });
  test("the SDK does not repeat what does not pass by itself", async () => {
    let calls = 0;
    const counting = new Kernel({
      baseURL: service.url,
      apiKey: service.apiKey,
      fetch: (...args: Parameters<typeof fetch>) => {
        calls++;
        return fetch(...args);
      },
    });
    await service.call("POST", `/v1/computers/${id}/stop`);
    expect((await refusal(counting.browsers.process.exec(id, { command: "true" }))).error).toMatchObject({ code: "wrong_state" });
    expect(calls).toBe(1);
    await service.call("POST", `/v1/computers/${id}/start`);
  });
  test("another key's browsers are not there", async () => {
    const { body } = await service.call("POST", "/v1/keys", { name: "other" });
    const other = new Kernel({ baseURL: service.url, apiKey: body.key });
    expect(await refusal(other.browsers.retrieve(id))).toBeInstanceOf(NotFoundError);
    expect((await other.browsers.list()).items).toEqual([]);
    expect(await refusal(other.browsers.process.exec(id, { command: "true" }))).toBeInstanceOf(NotFoundError);
  });
});

describe("process", () => {
  const text = (b64: string | undefined) => Buffer.from(b64 ?? "", "base64").toString();

  test("exec: a program with arguments, or a line for the shell, with its bytes as they are", async () => {
    const { process } = kernel.browsers;
    const ran = await process.exec(id, { command: "printf", args: ["%s|", "a b", "$HOME"] });
    expect(ran).toMatchObject({ exit_code: 0, stderr_b64: "", duration_ms: expect.any(Number) });
    expect(text(ran.stdout_b64)).toBe("a b|$HOME|");
    const shell = await process.exec(id, { command: "echo $X in $PWD; echo oops >&2; exit 3", env: { X: "here" }, cwd: guest });
    expect(shell.exit_code).toBe(3);
    expect([text(shell.stdout_b64), text(shell.stderr_b64)]).toEqual([`here in ${guest}\n`, "oops\n"]);
    const bytes = await process.exec(id, { command: "printf", args: ["\\377\\000\\200"] });
    expect(Buffer.from(bytes.stdout_b64!, "base64")).toEqual(Buffer.from([255, 0, 128]));
  });
  test("exec: time that is up is 124, a signal -1, a program that is not there 127", async () => {
    const { process } = kernel.browsers;
    expect(await process.exec(id, { command: "sleep 1000", timeout_sec: 1 })).toMatchObject({ exit_code: 124 });
    expect(await process.exec(id, { command: "kill -KILL $$" })).toMatchObject({ exit_code: -1 });
    expect(await process.exec(id, { command: "no-such-program", args: ["x"] })).toMatchObject({ exit_code: 127 });
  });
  test("exec: output over 1 MiB is cut, and the answer says so", async () => {
    const ran = await kernel.browsers.process.exec(id, { command: "head -c 1500000 /dev/zero" });
    expect(ran).toMatchObject({ exit_code: 0, truncated: true });
    expect(Buffer.from(ran.stdout_b64!, "base64")).toHaveLength(1024 * 1024);
  });
  test("spawn, stdin, the stream of its output, status, kill", async () => {
    const { process } = kernel.browsers;
    const spawned = await process.spawn(id, { command: "read line; echo got $line; echo no >&2; exit 4" });
    expect(spawned).toEqual({ pid: expect.any(Number), process_id: String(spawned.pid), started_at: expect.any(String) });
    const stream = await process.stdoutStream(spawned.process_id!, { id });
    expect(await process.status(spawned.process_id!, { id })).toEqual({ state: "running", exit_code: null });
    const line = Buffer.from("žluťoučký\n");
    expect(await process.stdin(spawned.process_id!, { id, data_b64: line.toString("base64") })).toEqual({ written_bytes: line.length });
    const seen: Kernel.Browsers.ProcessStdoutStreamResponse[] = [];
    for await (const event of stream) seen.push(event);
    expect(seen.at(-1)).toEqual({ event: "exit", exit_code: 4 });
    const of = (name: string) =>
      text(
        Buffer.concat(seen.filter(({ stream }) => stream === name).map(({ data_b64 }) => Buffer.from(data_b64!, "base64"))).toString(
          "base64",
        ),
      );
    expect([of("stdout"), of("stderr")]).toEqual(["got žluťoučký\n", "no\n"]);
    expect(await process.status(spawned.process_id!, { id })).toEqual({ state: "exited", exit_code: 4 });

    const endless = await process.spawn(id, { command: "sleep", args: ["1000"] });
    expect(await process.kill(endless.process_id!, { id, signal: "TERM" })).toEqual({ ok: true });
    await expect.poll(() => process.status(endless.process_id!, { id })).toEqual({ state: "exited", exit_code: -1 });
    expect((await refusal(process.status("4194304", { id }))).error).toMatchObject({ code: "process_not_found" });
  });
});

describe("fs", () => {
  const file = (name: string) => join(guest, name);
  const modeOf = (name: string) => (statSync(file(name)).mode & 0o777).toString(8);

  test("write, read, info, list, move, delete", async () => {
    const { fs } = kernel.browsers;
    await fs.createDirectory(id, { path: file("a/b"), mode: "700" });
    expect(modeOf("a/b")).toBe("700");
    const content = Buffer.from([0, 255, 10, 13]);
    await fs.writeFile(id, content, { path: file("a/b/one.bin"), mode: "600" });
    expect(readFileSync(file("a/b/one.bin"))).toEqual(content);
    const read = await fs.readFile(id, { path: file("a/b/one.bin") });
    expect(Buffer.from(await read.arrayBuffer())).toEqual(content);
    const info = {
      name: "one.bin",
      path: file("a/b/one.bin"),
      is_dir: false,
      size_bytes: 4,
      mode: "-rw-------",
      mod_time: expect.any(String),
    };
    expect(await fs.fileInfo(id, { path: file("a/b/one.bin") })).toEqual(info);
    expect(await fs.listFiles(id, { path: file("a/b") })).toEqual([info]);
    expect(await fs.listFiles(id, { path: file("a") })).toEqual([
      expect.objectContaining({ name: "b", is_dir: true, size_bytes: 0, mode: "drwx------" }),
    ]);
    writeFileSync(file("two.bin"), "old");
    await fs.move(id, { src_path: file("a/b/one.bin"), dest_path: file("two.bin") });
    expect(readFileSync(file("two.bin"))).toEqual(content);
    await fs.setFilePermissions(id, { path: file("two.bin"), mode: "0640" });
    expect(modeOf("two.bin")).toBe("640");
    expect((await refusal(fs.deleteFile(id, { path: file("a") }))).error).toMatchObject({ code: "not_a_file" });
    expect((await refusal(fs.deleteDirectory(id, { path: file("two.bin") }))).error).toMatchObject({ code: "not_a_directory" });
    await fs.deleteFile(id, { path: file("two.bin") });
    await fs.deleteDirectory(id, { path: file("a") });
    expect(await fs.listFiles(id, { path: guest })).toEqual([]);
  });
  test("upload takes several files, in any order of their fields", async () => {
    const { fs } = kernel.browsers;
    await fs.upload(id, {
      files: [
        { dest_path: file("up/one.txt"), file: await toFile(Buffer.from("one"), "1.txt") },
        { file: await toFile(Buffer.from("two"), "2.txt"), dest_path: file("up/two.txt") },
      ],
    });
    expect([readFileSync(file("up/one.txt"), "utf8"), readFileSync(file("up/two.txt"), "utf8")]).toEqual(["one", "two"]);
  });
  test("what is refused", async () => {
    const { fs } = kernel.browsers;
    const code = async (call: PromiseLike<unknown>) => (await refusal(call)).error;
    expect(await code(fs.readFile(id, { path: file("nothing") }))).toMatchObject({ code: "file_not_found" });
    expect(await code(fs.fileInfo(id, { path: "relative" }))).toMatchObject({ code: "invalid_request" });
    expect(await code(fs.setFilePermissions(id, { path: file("nothing"), mode: "644" }))).toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("nothing"),
    });
    expect(await code(fs.setFilePermissions(id, { path: guest, mode: "--help" }))).toMatchObject({ code: "invalid_request" });
    const half = { dest_path: file("half"), file: await toFile(Buffer.from("x")) };
    const form = new FormData();
    form.append("files[0][dest_path]", half.dest_path);
    expect(await service.call("POST", `/browsers/${id}/fs/upload`, undefined, { body: form })).toMatchObject({
      status: 400,
      body: { code: "invalid_request" },
    });
    expect(await service.call("POST", `/browsers/${id}/fs/upload`, "no form")).toMatchObject({
      status: 400,
      body: { code: "invalid_request" },
    });
    const large = { files: [{ dest_path: file("large"), file: await toFile(Buffer.alloc(33 * 1024 * 1024)) }] };
    expect(await code(fs.upload(id, large))).toMatchObject({ code: "payload_too_large" });
  });
});
