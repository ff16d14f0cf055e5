import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { XProgram } from "../unit/display/x-client.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let xvnc: TestXvnc;
let program: XProgram;
let service: TestService;
let vitrine: Vitrine;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  xvnc = await startXvnc({ width: 640, height: 400 });
  program = await XProgram.start(xvnc.display);
  service = await startService(dir, fakeFleet({ [RFB_PORT]: xvnc.port }));
  vitrine = new Vitrine(service);
});
afterAll(async () => {
  for (const computer of (await vitrine.computers.list()).data) await computer.delete();
  await service?.close();
  program?.close();
  await xvnc?.kill();
  rmSync(dir, { recursive: true });
});

const click = { type: "click", x: 1, y: 1 } as const;
/** The picture of each action so far. */
const picturesOf = async (computer: Computer) =>
  (await computer.listEvents({ types: ["action"] })).data.map(({ data }) => data.picture_id as string | undefined);
const folderOf = ({ id }: Computer) => join(dir, "computers", id, "pictures");

test("an action's event has the picture of what it left, small, and it is there for who asks at once", async () => {
  const computer = await vitrine.computers.create();
  await program.fill(0xff0000, 0, 0, 640, 400);
  await computer.act([click]);
  const [red] = await picturesOf(computer);
  const picture = sharp(await computer.actionPicture(red!));
  expect(await picture.metadata()).toMatchObject({ format: "webp", width: 320, height: 200 });
  const { dominant } = await picture.stats();
  expect([dominant.r > 200, dominant.g < 60, dominant.b < 60]).toEqual([true, true, true]);
  await program.fill(0x0000ff, 0, 0, 640, 400);
  await computer.act([click]);
  const [, blue] = await picturesOf(computer);
  expect((await sharp(await computer.actionPicture(blue!)).stats()).dominant.b).toBeGreaterThan(200);
  expect((await sharp(await computer.actionPicture(red!)).stats()).dominant.r).toBeGreaterThan(200);
  const { status, headers } = await service.call("GET", `/v1/computers/${computer.name}/pictures/${red}`);
  expect([status, headers.get("content-type"), headers.get("cache-control")]).toEqual([200, "image/webp", "private, no-cache"]);
  const audits = (await computer.listEvents({ types: ["audit"] })).data.filter(({ data }) => data.action === "actionPicture");
  expect(audits.length).toBe(1);
  const [file] = readdirSync(folderOf(computer));
  expect(statSync(join(folderOf(computer), file!)).mode & 0o777).toBe(0o600);
  await computer.delete();
});

test("a batch that goes fast has one picture, and what only looks has none", async () => {
  const computer = await vitrine.computers.create();
  await computer.act([click, { type: "wait", ms: 0 }, click, { type: "screenshot" }]);
  const [first, waited, second, looked] = await picturesOf(computer);
  expect([first, waited, looked]).toEqual([second, undefined, undefined]);
  await computer.actionPicture(second!);
  expect(readdirSync(folderOf(computer))).toEqual([`${second}.webp`]);
  await computer.delete();
});

test("only who reads a computer's events sees its pictures", async () => {
  const computer = await vitrine.computers.create();
  await computer.act([click]);
  const [id] = await picturesOf(computer);
  const path = `/v1/computers/${computer.id}/pictures/${id}`;
  const { body: other } = await service.call("POST", "/v1/keys", { name: "other" });
  const asked = async (query: string, key?: string) => {
    const answer = await fetch(`${service.url}${path}${query}`, key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } });
    const { error } = (await answer.json()) as { error: { code: string } };
    return [answer.status, error.code];
  };
  expect(await asked("", other.key)).toEqual([404, "computer_not_found"]);
  expect(await asked("")).toEqual([401, "unauthorized"]);
  for (const url of [computer.live_url!, computer.live_view_only_url!])
    expect(await asked(new URL(url).search)).toEqual([401, "unauthorized"]);
  const recording = await computer.recorder.start();
  expect(await asked(new URL(recording.video_url).search)).toEqual([401, "unauthorized"]);
  const second = await vitrine.computers.create();
  expect((await service.call("GET", path.replace(computer.id, second.id))).body.error.code).toBe("picture_not_found");
  await Promise.all([computer.delete(), second.delete()]);
});

test("a copy has none of them, and they are gone with the computer", async () => {
  const computer = await vitrine.computers.create();
  await computer.act([click]);
  const [id] = await picturesOf(computer);
  await computer.actionPicture(id!);
  const [copy] = await computer.fork();
  expect(existsSync(folderOf(copy!))).toBe(false);
  await computer.stop();
  expect((await computer.actionPicture(id!)).length).toBeGreaterThan(0);
  await computer.delete();
  expect(existsSync(join(dir, "computers", computer.id))).toBe(false);
  await expect(computer.actionPicture(id!)).rejects.toMatchObject({ code: "picture_not_found", message: /200/ });
  await copy!.delete();
});

test("a computer that is deleted while its picture is taken leaves nothing", async () => {
  const computer = await vitrine.computers.create();
  await computer.act([click]);
  await computer.delete();
  const [id] = await picturesOf(computer);
  await expect(computer.actionPicture(id!)).rejects.toMatchObject({ code: "picture_not_found" });
  expect(existsSync(join(dir, "computers", computer.id))).toBe(false);
});

test("who wants none has none", async () => {
  const computer = await vitrine.computers.create({ browser: { action_pictures: false } });
  await computer.act([click]);
  expect(await picturesOf(computer)).toEqual([undefined]);
  expect(existsSync(folderOf(computer))).toBe(false);
  await computer.delete();
});
