import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startMcp } from "../support/mcp.ts";
import { startService, type TestService } from "../support/service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
let xvnc: TestXvnc;
let service: TestService;
let vitrine: Vitrine;
let mcp: Awaited<ReturnType<typeof startMcp>>;

beforeAll(async () => {
  xvnc = await startXvnc({ width: 1600, height: 800 });
  service = await startService(dir, fakeFleet({ [RFB_PORT]: xvnc.port }));
  vitrine = new Vitrine(service);
});
afterAll(async () => {
  await service?.close();
  await xvnc?.kill();
  rmSync(dir, { recursive: true });
});

beforeEach(async () => {
  mcp = await startMcp(service);
});
afterEach(async () => {
  await mcp.client.close();
  for await (const computer of vitrine.computers.all()) await computer.delete();
  expect(mcp.complaints()).toBe("");
});

const call = (name: string, input?: object) => mcp.call(name, input);
const create = (input?: object) => mcp.create(input);
const names = async () => (await vitrine.computers.list()).data.map(({ name }) => name).sort();

test("says what it is and which tools it has, each with a description of it and of what it does", async () => {
  expect(mcp.client.getServerVersion()).toMatchObject({ name: "vitrine", version: "0.1.0" });
  expect(mcp.client.getInstructions()).toContain("computer_create");
  const { tools } = await mcp.client.listTools();
  const known = tools.map(({ name }) => name);
  expect(known).toEqual(
    expect.arrayContaining(["computer_create", "exec", "file_read", "browser_read_page", "browser_click", "screenshot", "recording_stop"]),
  );
  expect(new Set(known).size).toBe(known.length);
  for (const { name, description, inputSchema, annotations } of tools) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(description).toMatch(/\w.*\.$/);
    expect(inputSchema).toMatchObject({ type: "object" });
    expect(typeof annotations?.readOnlyHint, name).toBe("boolean");
    if (!annotations?.readOnlyHint) expect(typeof annotations?.destructiveHint, name).toBe("boolean");
  }
});

test("makes, lists, looks at, stops, starts and deletes a computer", async () => {
  expect(await create({ name: "einstein", template: "scratch" })).toMatchObject({
    name: "einstein",
    status: "running",
    template: "scratch",
  });
  expect(JSON.parse((await call("computer_list")).text)).toMatchObject({ computers: [{ name: "einstein" }], more: false });
  expect(JSON.parse((await call("computer_list", { status: "stopped" })).text)).toMatchObject({ computers: [] });
  expect(JSON.parse((await call("computer_stop", { mode: "shutdown" })).text)).toMatchObject({ status: "stopped" });
  expect(JSON.parse((await call("computer_start", { computer: "einstein" })).text)).toMatchObject({ status: "running" });
  expect(JSON.parse((await call("computer_get")).text)).toMatchObject({ status: "running" });
  expect((await call("computer_delete")).text).toBe("Deleted einstein.");
  expect(await names()).toEqual([]);
  expect(await call("computer_get")).toMatchObject({ isError: true, text: expect.stringMatching(/^invalid_request: .*computer_create/) });
});

test("runs commands: both streams, the exit code, a timeout, and no more output than is good", async () => {
  await create({ template: "scratch" });
  const user = { user: process.env.USER ?? "root" };
  expect(await call("exec", { ...user, command: "echo out; echo err >&2; exit 3", cwd: dir })).toMatchObject({
    isError: false,
    texts: ["Exit code 3.", "stdout:\nout\n", "stderr:\nerr\n"],
  });
  expect((await call("exec", { ...user, command: "sleep 60", timeout_s: 0.3 })).texts[0]).toBe("Killed after 0.3 s.");
  const [, long = ""] = (await call("exec", { ...user, command: "seq 100000" })).texts;
  expect(long.length).toBeLessThan(30_100);
  expect(long).toMatch(/^stdout:\n1\n2\n.*characters left out\].*\n100000\n$/s);
});

test("writes, reads and lists files, in parts that cut no character", async () => {
  await create({ template: "scratch" });
  const path = join(dir, "box/é.txt");
  expect((await call("file_write", { path, content: "aéé" })).text).toBe(`Wrote 5 bytes to ${path}.`);
  expect((await call("file_read", { path })).texts).toEqual(["aéé"]);
  expect((await call("file_read", { path, limit: 4 })).texts).toEqual(["aé", "These are 3 bytes of 5; go on with offset 3."]);
  expect((await call("file_read", { path, offset: 3 })).texts).toEqual(["é"]);
  expect((await call("file_read", { path, offset: 5 })).texts).toEqual(["", "The file ends at byte 5."]);
  const bytes = join(dir, "box/bytes");
  await call("file_write", { path: bytes, content: "/wA=", encoding: "base64" });
  expect((await call("file_read", { path: bytes, encoding: "base64" })).texts).toEqual(["/wA="]);
  await call("file_write", { path: join(dir, "box/empty"), content: "" });
  expect((await call("file_read", { path: join(dir, "box/empty") })).texts).toEqual([""]);
  const { entries, left_out } = JSON.parse((await call("file_list", { path: join(dir, "box") })).text);
  expect(entries.map(({ name }: { name: string }) => name).sort()).toEqual(["bytes", "empty", "é.txt"]);
  expect(left_out).toBe(0);
  expect(await call("file_read", { path: join(dir, "none") })).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^file_not_found: No such file/),
  });
});

test("the screen is a small JPEG that says how its coordinates become the screen's", async () => {
  await create({});
  const { images, text } = await call("screenshot");
  expect(images).toMatchObject([{ mimeType: "image/jpeg" }]);
  const { format, width = 0 } = await sharp(Buffer.from(images[0]?.data ?? "", "base64")).metadata();
  expect([format, text]).toEqual(["jpeg", `The screen, ${width}x800; computer_act takes its coordinates.`]);
  const acted = await call("computer_act", { actions: [{ type: "move", x: 5, y: 6 }, { type: "cursor_position" }] });
  expect(JSON.parse(acted.text)).toMatchObject([{ ok: true }, { ok: true, x: 5, y: 6 }]);
  expect(acted.images).toHaveLength(1);
  const off = await call("computer_act", { actions: [{ type: "click", x: 9000, y: 6 }] });
  expect(off).toMatchObject({ isError: true, images: [] });
});

test("a large screen is scaled, and a recording of it is a page and a video that outlive the computer", async () => {
  await vitrine.computers.create({ name: "large", browser: { viewport: { width: 2560, height: 1280 } } });
  const { images, text } = await call("screenshot", { computer: "large" });
  expect(await sharp(Buffer.from(images[0]?.data ?? "", "base64")).metadata()).toMatchObject({ width: 800, height: 400 });
  expect(text).toBe("The screen at 800x400; multiply coordinates by 2 for computer_act.");
  const started = JSON.parse((await call("recording_start", { computer: "large", fps: 5 })).text);
  expect(started).toMatchObject({ status: "recording" });
  expect(started).not.toHaveProperty("video_url");
  const stopped = JSON.parse((await call("recording_stop", { computer: "large" })).text);
  expect(stopped).toMatchObject({ id: started.id, status: "ready", page_url: expect.stringContaining("/recordings/") });
  expect((await fetch(stopped.video_url)).headers.get("content-type")).toBe("video/mp4");
  const id = (await vitrine.computers.get("large")).id;
  await call("computer_delete", { computer: "large" });
  expect(JSON.parse((await call("recording_get", { computer: id })).text)).toMatchObject({ id: started.id, status: "ready" });
});

test("failures are told with the registry's code and sentence, and the session goes on", async () => {
  expect(await call("computer_get", { computer: "nobody" })).toMatchObject({
    isError: true,
    text: "computer_not_found: No computer nobody. List them with GET /v1/computers.",
  });
  await create({ name: "one", template: "scratch" });
  expect(await call("screenshot")).toMatchObject({ isError: true, text: expect.stringMatching(/^no_display: /) });
  expect(await call("browser_navigate", { url: "https://example.com" })).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^no_display: /),
  });
  expect(await call("recording_get")).toMatchObject({ isError: true, text: expect.stringContaining("recording_start") });
  expect(await call("exec", { command: 7 })).toMatchObject({ isError: true, text: expect.stringContaining("command") });
  await create({ name: "two", template: "scratch" });
  expect(await call("computer_get")).toMatchObject({ isError: true, text: expect.stringContaining("(one, two)") });
});

test("what the session made is deleted at its end, but what is kept and what others made is not", async () => {
  await vitrine.computers.create({ name: "other", template: "scratch" });
  await create({ name: "mine", template: "scratch" });
  await create({ name: "kept", template: "scratch", keep: true });
  expect(await names()).toEqual(["kept", "mine", "other"]);
  await mcp.client.close();
  await vi.waitFor(async () => expect(await names()).toEqual(["kept", "other"]), 10_000);
});

test("a signal ends the session, too", async () => {
  await create({ template: "scratch" });
  const closed = new Promise<void>((resolve) => {
    mcp.client.onclose = resolve;
  });
  process.kill(mcp.transport.pid ?? Number.NaN, "SIGTERM");
  await closed;
  expect(await names()).toEqual([]);
});

test("a creation that is under way when the client goes leaves nothing", async () => {
  let open = () => {};
  service.fleet.gate = new Promise((resolve) => {
    open = resolve;
  });
  try {
    const creating = create({ name: "half", template: "scratch" }).catch(() => {});
    await vi.waitFor(async () => expect(await names()).toEqual(["half"]), 10_000);
    const closed = mcp.client.close();
    open();
    await Promise.all([closed, creating]);
    await vi.waitFor(async () => expect(await names()).toEqual([]), 10_000);
  } finally {
    service.fleet.gate = null;
  }
});
