import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";
import { startFakeVnc } from "../unit/display/fake-vnc.ts";

let service: TestService;
let computer: Computer;
let vnc: Awaited<ReturnType<typeof startFakeVnc>>;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  vnc = await startFakeVnc();
  service = await startService(dir, fakeFleet({ [RFB_PORT]: vnc.port }));
  computer = await new Vitrine(service).computers.create();
});
afterAll(async () => {
  await computer?.delete();
  await service?.close();
  vnc?.close();
  rmSync(dir, { recursive: true });
});

const open = async (url: string): Promise<WebSocket> => {
  const ws = new WebSocket(url);
  await once(ws, "open");
  return ws;
};
const end = (ws: WebSocket) => once(ws, "close");

test("of an RFB client written by hand, a view link lets through what looks and nothing that acts", async () => {
  const message = (...parts: (number[] | string)[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const hello = message("RFB 003.008\n", [1], [0]);
  const looks = [
    message([0, 0, 0, 0], [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]), // SetPixelFormat
    message([2, 0, 0, 1], [0, 0, 0, 16]), // SetEncodings
    message([3, 1, 0, 0, 0, 0, 0, 16, 0, 16]), // FramebufferUpdateRequest
    message([150, 1, 0, 0, 0, 0, 0, 16, 0, 16]), // EnableContinuousUpdates
    message([248, 0, 0, 0, 0, 0, 0, 1, 4], "abcd"), // fence
  ];
  const acts = [
    message([5, 0, 0, 9, 0, 9]), // the pointer moves
    message([5, 1, 0, 9, 0, 9]), // a click
    message([5, 8, 0, 9, 0, 9]), // the wheel
    message([4, 1, 0, 0, 0, 0, 0, 65]), // a key
    message([255, 0, 0, 1, 0, 0, 0, 65, 0, 0, 0, 30]), // QEMU's extended key
    message([6, 0, 0, 0, 0, 0, 0, 5], "hello"), // the clipboard
    message([6, 0, 0, 0, 255, 255, 255, 248], [16, 0, 0, 1], [0, 0, 0, 0]), // the extended clipboard: provide
    message([6, 0, 0, 0, 255, 255, 255, 252], [8, 0, 0, 1]), // the extended clipboard: notify
    message([251, 0, 0, 64, 0, 64, 1, 0], [0, 0, 0, 1, 0, 0, 0, 0, 0, 64, 0, 64, 0, 0, 0, 0]), // SetDesktopSize
    message([250, 0, 1, 2]), // xvp: shut down
  ];
  const sent = looks.flatMap((look, i) => [...acts.slice(2 * i, 2 * i + 2), look]);
  const said = async (power: "view" | "control", messages: Buffer[], size: number): Promise<string> => {
    const before = vnc.bytes().length;
    const link = await computer.links.create(power);
    const ws = await open(link.ws_url!);
    const all = Buffer.concat([hello, ...messages]);
    for (let at = 0; at < all.length; at += size) ws.send(all.subarray(at, at + size));
    // The last one passes in each case, so that nothing is on its way any more when it has come.
    await expect.poll(() => vnc.bytes().subarray(before).includes("abcd")).toBe(true);
    ws.close();
    await end(ws);
    return vnc.bytes().subarray(before).toString("hex");
  };
  const shared = message("RFB 003.008\n", [1], [1]);
  const hex = (messages: Buffer[]) => Buffer.concat([shared, ...messages]).toString("hex");
  for (const size of [1, 7, 4096]) {
    expect(await said("view", sent, size)).toBe(hex(looks));
    expect(await said("control", sent, size)).toBe(hex(sent));
  }
  // What is not known might be anything, so it ends the connection: GII, gt3, an unknown type.
  for (const unknown of [message([253, 129, 0, 4, 0, 0, 0, 0]), message([252, 0, 0, 0]), message([77])]) {
    const before = vnc.bytes().length;
    const ws = await open((await computer.links.create("view")).ws_url!);
    const ended = end(ws);
    ws.send(Buffer.concat([hello, unknown, ...acts]));
    expect((await ended)[0]).toBe(1008);
    // The handshake at most.
    expect(hex([]).startsWith(vnc.bytes().subarray(before).toString("hex"))).toBe(true);
  }
}, 30_000);
