import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { XProgram } from "../unit/display/x-client.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";
import { colours, probe } from "../unit/recordings/video.ts";

let xvnc: TestXvnc;
let screen: XProgram;
let service: TestService;
// biome-ignore lint/suspicious/noExplicitAny: the API's own JSON.
let computer: any;
let base: string;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  xvnc = await startXvnc({ width: 640, height: 400 });
  screen = await XProgram.start(xvnc.display);
  service = await startService(dir, fakeFleet({ 5900: xvnc.port }));
  computer = (await service.call("POST", "/v1/computers", { name: "filmed" })).body;
  base = `/v1/computers/${computer.id}/recordings`;
});
afterAll(async () => {
  const { body } = await service.call("GET", "/v1/computers");
  for (const { id } of body.data) await service.call("DELETE", `/v1/computers/${id}`);
  await service.close();
  screen.close();
  await xvnc.kill();
  rmSync(dir, { recursive: true });
});

const start = async (body: object = {}) => {
  const answer = await service.call("POST", base, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
};
const stop = (id: string) => service.call("POST", `${base}/${id}/stop`);
/** Fetches without the key, and as bytes. */
const open = (url: string, headers: Record<string, string> = {}, method = "GET") => fetch(new URL(url, service.url), { headers, method });
const key = () => ({ Authorization: `Bearer ${service.apiKey}` });
const fill = (colour: number) => screen.fill(colour, 0, 0, 640, 400);

test("a recording of a real VNC server, from start to its video", async () => {
  await fill(0x004080);
  const begun = await start({ fps: 10 });
  expect(begun).toMatchObject({
    id: expect.stringMatching(/^rec_[a-z2-7]{12}$/),
    computer_id: computer.id,
    computer_name: "filmed",
    status: "recording",
    fps: 10,
    width: 640,
    height: 400,
    automatic: false,
    ended_at: null,
    expires_at: null,
    chapters: [],
  });
  const video = `${base}/${begun.id}/video`;
  expect((await service.call("GET", video)).body.error).toMatchObject({ code: "recording_not_ready", details: { status: "recording" } });
  expect((await service.call("GET", `${base}/${begun.id}/poster`)).body.error.code).toBe("recording_not_ready");
  await fill(0xff8000);
  const marked = await service.call("POST", `${base}/${begun.id}/mark`, { title: "orange" });
  expect(marked).toMatchObject({ status: 200, body: { chapters: [{ title: "orange", at_s: expect.any(Number) }] } });
  const [one, two] = await Promise.all([stop(begun.id), stop(begun.id)]);
  expect([one.status, two.status]).toEqual([200, 200]);
  expect(two.body).toMatchObject({ status: "ready", end_reason: "stopped", error: null, frames: expect.any(Number) });
  expect(Date.parse(two.body.expires_at)).toBeGreaterThan(Date.now());
  expect(one.body).toEqual(two.body);
  expect((await service.call("POST", `${base}/${begun.id}/mark`, { title: "late" })).body.error.code).toBe("recording_ended");

  const answer = await open(two.body.video_url);
  expect([answer.status, answer.headers.get("content-type"), answer.headers.get("accept-ranges")]).toEqual([200, "video/mp4", "bytes"]);
  const file = join(dir, "fetched.mp4");
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  expect(statSync(file).size).toBe(two.body.size_bytes);
  expect(probe(file)).toMatchObject({ width: 640, height: 400, frames: two.body.frames });
  const seen = colours(file, "10:10");
  expect([seen[0]![2], seen.at(-1)![0]]).toSatisfy(([blue, red]: number[]) => Math.abs(blue! - 128) < 12 && Math.abs(red! - 255) < 12);
  // The pointer, which stands in the middle, is in the picture.
  expect(colours(file).at(-1)).not.toEqual(seen.at(-1));
  const poster = await open(two.body.poster_url);
  expect([poster.status, poster.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  expect(Buffer.from(await poster.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));

  expect((await service.call("GET", base)).body).toMatchObject({ data: [{ id: begun.id }], next_cursor: null });
  expect((await service.call("GET", `/v1/computers/filmed/recordings/${begun.id}`)).body).toEqual(two.body);
  expect((await service.call("GET", `/v1/computers/${computer.id}`)).body.recordings).toEqual([begun.id]);
  expect((await service.call("DELETE", `${base}/${begun.id}`)).status).toBe(204);
  expect((await service.call("DELETE", `${base}/${begun.id}`)).status).toBe(204);
  expect((await service.call("GET", `${base}/${begun.id}`)).body.error.code).toBe("recording_not_found");
  expect((await open(two.body.video_url)).status).toBe(404);
});

describe("a finished recording", () => {
  // biome-ignore lint/suspicious/noExplicitAny: the API's own JSON.
  let recording: any;
  let bytes: Buffer;
  beforeAll(async () => {
    const { id } = await start();
    await service.call("POST", `${base}/${id}/mark`, { title: 'a <b> & "c"' });
    recording = (await stop(id)).body;
    bytes = Buffer.from(await (await open(recording.video_url)).arrayBuffer());
  });

  test("is fetched in ranges, conditionally, and by HEAD", async () => {
    const size = bytes.length;
    const part = async (range: string) => {
      const answer = await open(recording.video_url, { Range: range });
      return { status: answer.status, range: answer.headers.get("content-range"), body: Buffer.from(await answer.arrayBuffer()) };
    };
    expect(await part("bytes=0-99")).toEqual({ status: 206, range: `bytes 0-99/${size}`, body: bytes.subarray(0, 100) });
    expect(await part("bytes=100-")).toEqual({ status: 206, range: `bytes 100-${size - 1}/${size}`, body: bytes.subarray(100) });
    expect(await part("bytes=-7")).toEqual({ status: 206, range: `bytes ${size - 7}-${size - 1}/${size}`, body: bytes.subarray(-7) });
    const beyond = await open(recording.video_url, { Range: `bytes=${size}-` });
    expect([beyond.status, ((await beyond.json()) as { error: { code: string } }).error.code]).toEqual([416, "range_not_satisfiable"]);
    expect(beyond.headers.get("content-range")).toBe(`bytes */${size}`);

    const head = await open(recording.video_url, {}, "HEAD");
    const etag = head.headers.get("etag") as string;
    expect([head.status, head.headers.get("content-length"), etag]).toEqual([200, String(size), expect.stringMatching(/^"rec_/)]);
    expect((await open(recording.video_url, { "If-None-Match": etag })).status).toBe(304);
    expect((await open(recording.video_url, { Range: "bytes=0-9", "If-Range": etag })).status).toBe(206);
    expect((await open(recording.video_url, { Range: "bytes=0-9", "If-Range": '"another"' })).status).toBe(200);
  });

  test("opens to the key and to its own token, and to nothing else", async () => {
    const path = new URL(recording.video_url).pathname;
    expect((await open(path)).status).toBe(401);
    expect((await open(path, key())).status).toBe(200);
    const other = (await start()).id;
    const otherToken = new URL((await stop(other)).body.video_url).search;
    const viewToken = new URL(computer.live_url).search;
    for (const query of [otherToken, viewToken, `${new URL(recording.video_url).search}x`, "?token="])
      expect((await open(path + query)).status, query).toBe(401);
    // The token is for looking at it alone.
    expect((await open(path.replace("/video", "") + new URL(recording.video_url).search)).status).toBe(401);
    expect((await open(recording.page_url, { Origin: "https://evil.example" })).status).toBe(403);
    expect((await open(`/v1/computers/cmp_aaaaaaaaaaaa/recordings/${recording.id}/video`, key())).status).toBe(404);
    expect((await open(`${base}/rec_..%2f..%2fetc/video`, key())).status).toBe(404);
  });

  test("has a page with the video and its chapters, and nothing from elsewhere", async () => {
    const page = await open(recording.page_url);
    expect([page.status, page.headers.get("referrer-policy"), page.headers.get("cache-control")]).toEqual([200, "no-referrer", "no-store"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const html = await page.text();
    expect(html).toContain("<video controls");
    expect(html).toContain("a &lt;b&gt; &amp; &quot;c&quot;");
    for (const [, url = ""] of html.matchAll(/(?:src|href|poster)="([^"]+)"/g)) {
      expect(url).toMatch(/^\/(assets|v1)\//);
      expect((await open(url)).status, url).toBe(200);
    }
    expect((await open(`/recordings/${recording.id}`)).status).toBe(401);
    expect((await open(`/recordings/${recording.id}`, key())).status).toBe(200);
    expect((await open("/recordings/rec_aaaaaaaaaaaa", key())).status).toBe(404);
  });

  test("a page of one that is being made says so, and looks again", async () => {
    const running = await start();
    const html = await (await open(running.page_url)).text();
    expect(html).toContain('http-equiv="refresh"');
    expect(html).toContain("It is being recorded");
    await stop(running.id);
  });
});

test("record_video covers each life of a computer, and the video outlives it", async () => {
  const made = (await service.call("POST", "/v1/computers", { name: "short-lived", record_video: { fps: 5 } })).body;
  const list = async () => (await service.call("GET", `/v1/computers/${made.id}/recordings`)).body.data;
  expect(await list()).toMatchObject([{ status: "recording", automatic: true, fps: 5 }]);
  await expect.poll(async () => (await list())[0].width, { timeout: 20_000 }).toBe(640);
  await service.call("POST", `/v1/computers/${made.id}/stop`);
  await expect.poll(async () => (await list())[0].status, { timeout: 20_000 }).toBe("ready");
  await service.call("POST", `/v1/computers/${made.id}/start`);
  await expect.poll(async () => (await list())[0].width, { timeout: 20_000 }).toBe(640);
  expect((await service.call("GET", `/v1/computers/${made.id}`)).body.recordings).toHaveLength(2);
  await service.call("DELETE", `/v1/computers/${made.id}`);
  await expect
    .poll(async () => (await list()).map((one: { status: string }) => one.status), { timeout: 20_000 })
    .toEqual(["ready", "ready"]);
  const [newest, oldest] = await list();
  expect([newest.end_reason, oldest.end_reason]).toEqual(["computer_stopped", "computer_stopped"]);
  expect((await open(newest.video_url)).status).toBe(200);
  expect((await service.call("GET", `/v1/computers/short-lived/recordings/${newest.id}`)).body.id).toBe(newest.id);
  expect((await service.call("DELETE", `/v1/computers/short-lived/recordings/${newest.id}`)).status).toBe(204);
  expect((await list()).map((one: { id: string }) => one.id)).toEqual([oldest.id]);
});

test("a machine that is killed leaves a video", async () => {
  const made = (await service.call("POST", "/v1/computers", { record_video: true })).body;
  const one = async () => (await service.call("GET", `/v1/computers/${made.id}/recordings`)).body.data[0];
  await expect.poll(async () => (await one()).width, { timeout: 20_000 }).toBe(640);
  service.fleet.agents().at(-1)?.kill("SIGKILL");
  await expect.poll(async () => (await one()).status, { timeout: 20_000 }).toBe("ready");
  expect(await one()).toMatchObject({ end_reason: "computer_stopped", error: null });
  expect((await open((await one()).video_url)).status).toBe(200);
  await service.call("DELETE", `/v1/computers/${made.id}`);
});

describe("what is refused", () => {
  test.each([
    ["no frames", { fps: 0 }],
    ["31 frames a second", { fps: 31 }],
    ["half a frame", { fps: 1.5 }],
    ["no duration", { max_duration_s: 0 }],
    ["more than a day", { max_duration_s: 86_401 }],
    ["no size", { max_size_mb: 0 }],
    ["an unknown field", { crf: 1 }],
  ])("start: %s", async (_what, body) => {
    expect(await service.call("POST", base, body)).toMatchObject({ status: 400, body: { error: { code: "invalid_request" } } });
  });
  test.each([
    ["no title", {}],
    ["an empty one", { title: "" }],
    ["two lines", { title: "a\nb" }],
    ["201 letters", { title: "a".repeat(201) }],
  ])("mark: %s", async (_what, body) => {
    expect((await service.call("POST", `${base}/rec_aaaaaaaaaaaa/mark`, body)).body.error.code).toBe("invalid_request");
  });

  test("what has no screen, what does not run, what does not exist", async () => {
    expect((await service.call("POST", "/v1/computers", { template: "scratch", record_video: true })).body.error).toMatchObject({
      code: "unsupported_option",
      details: { option: "record_video" },
    });
    expect((await service.call("POST", "/v1/computers", { browser: { mode: "headless" }, record_video: {} })).status).toBe(400);
    expect((await service.call("POST", "/v1/computers", { record_video: { fps: 99 } })).body.error.code).toBe("invalid_request");
    const scratch = (await service.call("POST", "/v1/computers", { template: "scratch" })).body.id;
    expect((await service.call("POST", `/v1/computers/${scratch}/recordings`)).body.error.code).toBe("no_display");
    await service.call("POST", `/v1/computers/${scratch}/stop`);
    expect((await service.call("POST", `/v1/computers/${scratch}/recordings`)).body.error.code).toBe("wrong_state");
    await service.call("DELETE", `/v1/computers/${scratch}`);
    expect((await service.call("GET", "/v1/computers/cmp_aaaaaaaaaaaa/recordings")).body.error.code).toBe("computer_not_found");
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/stop"],
      ["GET", "/video"],
      ["GET", "/poster"],
    ] as const)
      expect((await service.call(method, `${base}/rec_aaaaaaaaaaaa${path}`)).body.error.code).toBe("recording_not_found");
    expect((await service.call("POST", `${base}/rec_aaaaaaaaaaaa/mark`, { title: "x" })).body.error.code).toBe("recording_not_found");
  });

  test("a fifth recording of one computer at once", async () => {
    const ids = await Promise.all([1, 2, 3, 4].map(async () => (await start({ fps: 1 })).id));
    const fifth = await service.call("POST", base);
    expect([fifth.status, fifth.body.error.code, fifth.headers.get("retry-after")]).toEqual([429, "capacity_exceeded", "10"]);
    await Promise.all(ids.map((id) => service.call("DELETE", `${base}/${id}`)));
  });

  test("a client that leaves in the middle of the video breaks nothing", async () => {
    const { id } = await start();
    const { video_url } = (await stop(id)).body;
    await new Promise<void>((resolve) => {
      const sent = request(video_url, (response) => response.once("data", () => response.destroy()).once("close", () => resolve()));
      sent.on("error", () => resolve());
      sent.end();
    });
    expect((await open(video_url)).status).toBe(200);
  });
});

test("no token of a recording is in the log", () => {
  const log = service.logged.join("");
  expect(log).toContain("rec_");
  expect(log).not.toContain("token=");
});
