import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { XProgram } from "../unit/display/x-client.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

let xvnc: TestXvnc;
let program: XProgram;
let service: TestService;
let computer: Computer;
const ports: Record<number, number> = {};
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  xvnc = await startXvnc({ width: 400, height: 300 });
  program = await XProgram.start(xvnc.display);
  await program.fill(0xff8000, 0, 0, 400, 300);
  ports[RFB_PORT] = xvnc.port;
  service = await startService(dir, fakeFleet(ports));
  computer = await new Vitrine(service).computers.create();
});
afterAll(async () => {
  await computer?.delete();
  await service?.close();
  program?.close();
  await xvnc?.kill();
  rmSync(dir, { recursive: true });
});

const look = async (query = "", headers: Record<string, string> = {}) => {
  const response = await fetch(`${service.url}/v1/computers/${computer.id}/screenshot?${query}`, {
    headers: { Authorization: `Bearer ${service.apiKey}`, ...headers },
  });
  return { status: response.status, headers: response.headers, data: Buffer.from(await response.arrayBuffer()) };
};

test("an image of the screen, with its size and its hash", async () => {
  const { status, headers, data } = await look();
  expect(status).toBe(200);
  expect([headers.get("content-type"), headers.get("x-screen-width"), headers.get("x-screen-height")]).toEqual(["image/png", "400", "300"]);
  expect(headers.get("etag")).toMatch(/^"[0-9a-f]{32}"$/);
  const meta = await sharp(data).metadata();
  expect([meta.format, meta.width, meta.height]).toEqual(["png", 400, 300]);
});

test.each(["jpeg", "webp"])("as %s, smaller, of a part", async (format) => {
  const { headers, data } = await look(`format=${format}&scale=0.5&region=10,20,200,100&quality=90&cursor=0`);
  expect([headers.get("content-type"), headers.get("x-screen-width"), headers.get("x-screen-height")]).toEqual([
    `image/${format}`,
    "100",
    "50",
  ]);
  const meta = await sharp(data).metadata();
  expect([meta.format, meta.width, meta.height]).toEqual([format, 100, 50]);
});

test("who has the picture already is told so, by either way, until the screen changes", async () => {
  const hash = (await look()).headers.get("etag")!.replaceAll('"', "");
  for (const answer of [await look(`if_changed=${hash}`), await look("", { "If-None-Match": `W/"x", "${hash}"` })]) {
    expect([answer.status, answer.data.length, answer.headers.get("etag")]).toEqual([304, 0, `"${hash}"`]);
  }
  expect((await look(`if_changed=${hash}&region=0,0,10,10`)).status).toBe(200);
  await program.fill(0x123456, 50, 50, 10, 10);
  const changed = await look(`if_changed=${hash}`, { "If-None-Match": `"${hash}"` });
  expect(changed.status).toBe(200);
  expect(changed.headers.get("etag")).not.toBe(`"${hash}"`);
});

test.each([
  ["region=0,0,401,10", /400 by 300/],
  ["region=0,300,1,1", /400 by 300/],
  ["region=0,0,0,10", /region/],
  ["region=1,2,3", /x,y,width,height/],
  ["region=-1,0,10,10", /x,y,width,height/],
  ["scale=0", /0\.05/],
  ["scale=NaN", /scale/],
  ["scale=5", /4/],
  ["quality=101", /100/],
  ["format=gif", /png/],
  ["cursor=maybe", /cursor/],
  ["if_changed=", /if_changed/],
  ["wat=1", /wat/],
])("%s is refused with what is right", async (query, message) => {
  const { status, data } = await look(query);
  const { error } = JSON.parse(data.toString());
  expect([status, error.code]).toEqual([400, "invalid_request"]);
  expect(error.message).toMatch(message);
});

test("the client asks for all of it", async () => {
  const first = await computer.screenshotIfChanged(undefined, { format: "webp", region: { x: 0, y: 0, width: 40, height: 20 }, scale: 2 });
  expect(first).toMatchObject({ media_type: "image/webp", width: 80, height: 40 });
  expect(await computer.screenshotIfChanged(first!.hash, { region: { x: 0, y: 0, width: 40, height: 20 } })).toBeNull();
  const image = await computer.screenshot({ format: "jpeg", quality: 50, cursor: false });
  expect((await sharp(image).metadata()).format).toBe("jpeg");
});

test("a display that is lost comes back by itself, and one that is gone is said to be", async () => {
  expect((await look()).status).toBe(200);
  await xvnc.kill();
  const { status, data } = await look();
  expect([status, JSON.parse(data.toString()).error.code]).toEqual([503, "display_unavailable"]);
  xvnc = await startXvnc({ width: 320, height: 240 });
  ports[RFB_PORT] = xvnc.port;
  expect((await look()).headers.get("x-screen-width")).toBe("320");
});

test("a stopped computer has no screen", async () => {
  await computer.stop({ mode: "shutdown" });
  const { status, data } = await look();
  expect([status, JSON.parse(data.toString()).error.code]).toEqual([409, "wrong_state"]);
  await computer.start();
  expect((await look()).status).toBe(200);
});
