import { Readable } from "node:stream";
import { expect, test, vi } from "vitest";
import { DOWNLOADS_DIR } from "../../../src/contract/guest/protocol.ts";
import { CdpUpstream } from "../../../src/server/relay/cdp-filter.ts";
import { applyMask, encodeFrame, type FramePiece, FrameScanner, OPCODE } from "../../../src/server/relay/ws-frames.ts";

const MASK = Buffer.from([0x11, 0x22, 0x33, 0x44]);
const text = (value: unknown) => encodeFrame(OPCODE.text, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)), MASK);

const through = async (stream: Buffer, step: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < stream.length; at += step) chunks.push(stream.subarray(at, at + step));
  return Buffer.concat(
    await Readable.from(chunks)
      .pipe(new CdpUpstream({ maxMessage: 1 << 28 }))
      .toArray(),
  );
};
const payloads = (stream: Buffer): string[] => {
  const out: Buffer[][] = [];
  for (const { first, bytes, head } of new FrameScanner({ masked: true, maxMessage: 1 << 28 }).scan(stream) as Iterable<FramePiece>) {
    if (first) out.push([]);
    else out.at(-1)!.push(applyMask(Buffer.from(bytes), head.mask!));
  }
  return out.map((parts) => Buffer.concat(parts).toString());
};

test.each([1, 7, 1 << 20])("download folders are the guest's, all else is the same bytes (chunks of %d)", async (step) => {
  const before = text({ id: 1, method: "Browser.getVersion" });
  const after = Buffer.concat([
    text("not JSON, but setDownloadBehavior"),
    text({ id: 3, method: "Runtime.evaluate", params: { expression: "'Browser.setDownloadBehavior'", downloadPath: "/x" } }),
  ]);
  const params = { behavior: "allowAndName", downloadPath: "/tmp/playwright-artifacts-č", eventsEnabled: true };
  const asked = ["Browser.setDownloadBehavior", "Page.setDownloadBehavior"].map((method) =>
    text({ id: 2, method, params, sessionId: "S" }),
  );
  const out = await through(Buffer.concat([before, ...asked, after]), step);

  expect(out.subarray(0, before.length).equals(before)).toBe(true);
  expect(out.subarray(out.length - after.length).equals(after)).toBe(true);
  const commands = payloads(out)
    .slice(1, 3)
    .map((payload) => JSON.parse(payload));
  expect(commands.map(({ method }) => method)).toEqual(["Browser.setDownloadBehavior", "Page.setDownloadBehavior"]);
  for (const command of commands)
    expect(command).toMatchObject({ id: 2, sessionId: "S", params: { ...params, behavior: "allow", downloadPath: DOWNLOADS_DIR } });
});

test("that a client turns Runtime on is told", async () => {
  const onRuntime = vi.fn();
  const commands = [{ method: "Runtime.evaluate", params: { expression: "Runtime.enable" } }, { method: "Page.enable" }];
  const enable = { id: 3, method: "Runtime.enable", params: {}, sessionId: "S" };
  for (const command of [...commands, enable]) {
    expect(onRuntime).not.toHaveBeenCalled();
    await Readable.from([text(command)])
      .pipe(new CdpUpstream({ maxMessage: 1 << 28, onRuntime }))
      .toArray();
  }
  expect(onRuntime).toHaveBeenCalledOnce();
});

test("a command without a folder, a fragment and a long message pass as they are", async () => {
  const deny = text({ id: 1, method: "Browser.setDownloadBehavior", params: { behavior: "deny" } });
  const long = text({ id: 2, method: "Browser.setDownloadBehavior", params: { downloadPath: "/x", pad: "p".repeat(70_000) } });
  const fragment = text({ id: 3, method: "Browser.setDownloadBehavior", params: { downloadPath: "/x" } });
  fragment[0] = OPCODE.text;
  const rest = encodeFrame(OPCODE.continuation, Buffer.alloc(0), MASK);
  const stream = Buffer.concat([deny, long, fragment, rest]);
  expect((await through(stream, 1000)).equals(stream)).toBe(true);
});
