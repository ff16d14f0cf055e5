import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWebSocketStream, WebSocket } from "ws";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { RfbClient } from "../../src/server/display/rfb-client.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { startXvnc, type TestXvnc } from "../unit/display/xvnc.ts";

let xvnc: TestXvnc;
let service: TestService;
let computer: Computer;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const never = new AbortController().signal;
beforeAll(async () => {
  xvnc = await startXvnc({ width: 320, height: 240 });
  service = await startService(dir, fakeFleet({ [RFB_PORT]: xvnc.port }));
  computer = await new Vitrine(service).computers.create();
});
afterAll(async () => {
  await computer?.delete();
  await service?.close();
  await xvnc?.kill();
  rmSync(dir, { recursive: true });
});

/** Somebody who watches, and sees the screen. */
const watch = async () => {
  const url = new URL(computer.live_view_only_url!);
  const ws = new WebSocket(`ws://${url.host}/v1/computers/${computer.id}/display${url.search}`);
  const client = await RfbClient.connect(createWebSocketStream(ws), never);
  await client.refresh(never);
  const gone = new Promise<void>((resolve) => ws.once("close", () => resolve()));
  return {
    leave: async () => {
      ws.close();
      await gone;
      client.close();
    },
  };
};

/** The states that the live page is told, as they come. */
const follow = async () => {
  const abort = new AbortController();
  const url = new URL(computer.live_view_only_url!);
  const response = await fetch(`${url.origin}${url.pathname}/state${url.search}`, { signal: abort.signal });
  const states: { viewers: number }[] = [];
  const read = (async () => {
    let text = "";
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      states.splice(0, Infinity, ...[...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!)));
    }
  })().catch(() => {});
  const stop = () => {
    abort.abort();
    return read;
  };
  return { counts: () => states.map(({ viewers }) => viewers), stop };
};

test("the live page is told how many watch", async () => {
  const first = await follow();
  await expect.poll(first.counts).toEqual([0]);
  const viewers = [await watch(), await watch()];
  await expect.poll(first.counts).toEqual([0, 1, 2]);
  const second = await follow();
  await expect.poll(second.counts).toEqual([2]);
  await viewers[0]!.leave();
  await viewers[1]!.leave();
  await expect.poll(first.counts).toEqual([0, 1, 2, 1, 0]);
  await Promise.all([first.stop(), second.stop()]);
});

test("50 viewers who come and leave 20 times leave no file descriptor", async () => {
  const openFiles = () => readdirSync("/proc/self/fd").length;
  const round = async (size: number) => {
    const viewers: Awaited<ReturnType<typeof watch>>[] = [];
    // Five at a time: Xtigervnc lets no more wait at its door (its listen backlog), and TCP would try the others again in seconds.
    while (viewers.length < size) viewers.push(...(await Promise.all(Array.from({ length: Math.min(5, size - viewers.length) }, watch))));
    await Promise.all(viewers.map(({ leave }) => leave()));
  };
  await round(2);
  const state = await follow();
  await expect.poll(state.counts).toEqual([0]);
  const before = openFiles();
  for (let i = 0; i < 20; i++) await round(50);
  await expect.poll(() => state.counts().at(-1)).toBe(0);
  expect(Math.max(...state.counts())).toBe(50);
  await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThanOrEqual(before);
  await state.stop();
}, 120_000);
