import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Recording } from "../../../src/client/index.ts";
import { type Handler, json, refuse } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve, service } = serving();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "vitrine-cli-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const BASE = "/v1/computers/einstein/recordings";
const recording = (fields: Partial<Recording> = {}): Recording => ({
  id: "rec_aaaaaaaaaaaa",
  computer_id: "cmp_abcdefghijkl",
  computer_name: "einstein",
  status: "ready",
  started_at: "2026-01-02T03:04:05.000Z",
  ended_at: "2026-01-02T03:04:15.000Z",
  end_reason: "stopped",
  duration_s: 10,
  size_bytes: 1_500_000,
  frames: 20,
  dropped_frames: 0,
  width: 1280,
  height: 800,
  fps: 12,
  max_duration_s: 60,
  max_size_mb: 100,
  automatic: false,
  chapters: [],
  video_url: "http://127.0.0.1:7780/v1/computers/cmp_abcdefghijkl/recordings/rec_aaaaaaaaaaaa/video?token=V",
  page_url: "http://127.0.0.1:7780/recordings/rec_aaaaaaaaaaaa?token=V",
  poster_url: "http://127.0.0.1:7780/v1/computers/cmp_abcdefghijkl/recordings/rec_aaaaaaaaaaaa/poster?token=V",
  expires_at: null,
  error: null,
  ...fields,
});
const running = recording({ id: "rec_bbbbbbbbbbbb", status: "recording" });
const both: Handler = (_, answer) => json(answer, { data: [running, recording()], next_cursor: null });

test("start sends what was given and nothing else", async () => {
  await serve({ [`POST ${BASE}`]: (_, answer) => json(answer, running, 201) });
  const plain = await vitrine(["computer", "record", "start", "einstein"]);
  expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(/id +rec_bbbbbbbbbbbb/) });
  expect(plain.stdout).not.toContain("video");
  await vitrine(["computer", "record", "start", "einstein", "--fps", "5", "--max-duration-s", "60", "--max-size-mb", "9"]);
  expect(service()?.seen.map(({ body }) => JSON.parse(body.toString()))).toEqual([{}, { fps: 5, max_duration_s: 60, max_size_mb: 9 }]);
});

test("stop ends the newest that runs, and saves its video", async () => {
  await serve({
    [`GET ${BASE}`]: both,
    [`POST ${BASE}/rec_bbbbbbbbbbbb/stop`]: (_, answer) => json(answer, recording({ id: "rec_bbbbbbbbbbbb" })),
    [`GET ${BASE}/rec_bbbbbbbbbbbb/video`]: (_, answer) => void answer.writeHead(200, { "content-type": "video/mp4" }).end("the video"),
  });
  const file = join(folder, "a.mp4");
  const stopped = await vitrine(["computer", "record", "stop", "einstein", "-o", file]);
  expect(stopped).toMatchObject({ code: 0, stdout: expect.stringContaining("video") });
  expect(await readFile(file, "utf8")).toBe("the video");
});

test("get lists all, or saves the newest that is finished; a video that breaks off leaves no file", async () => {
  let whole = true;
  await serve({
    [`GET ${BASE}`]: both,
    [`GET ${BASE}/rec_aaaaaaaaaaaa/video`]: (_, answer) => {
      answer.writeHead(200, { "content-type": "video/mp4", "content-length": 9 });
      if (whole) answer.end("the video");
      else answer.write("the", () => answer.destroy());
    },
  });
  const listed = await vitrine(["computer", "record", "get", "einstein"]);
  expect(listed.stdout.split("\n").map((line) => line.split(/ +/)[0])).toEqual(["ID", "rec_bbbbbbbbbbbb", "rec_aaaaaaaaaaaa", ""]);
  expect((await vitrine(["computer", "record", "get", "einstein", "-o", "-"])).stdout).toBe("the video");
  whole = false;
  const file = join(folder, "a.mp4");
  expect((await vitrine(["computer", "record", "get", "einstein", "-o", file])).code).toBe(1);
  expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false]);
});

test("what is not there is said", async () => {
  await serve({
    [`GET ${BASE}`]: (_, answer) => json(answer, { data: [], next_cursor: null }),
    [`GET ${BASE}/rec_x`]: (_, answer) => refuse(answer, "recording_not_found", { id: "rec_x", computer: "einstein" }),
  });
  expect(await vitrine(["computer", "record", "stop", "einstein"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("record get"),
  });
  expect(await vitrine(["computer", "record", "get", "einstein", "rec_x"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("rec_x"),
  });
});
