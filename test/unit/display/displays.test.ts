import { readdirSync } from "node:fs";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Display } from "../../../src/server/display/display.ts";
import { OpenDisplays } from "../../../src/server/display/displays.ts";
import { colourAt, never, startDesktop } from "./desktop.ts";

const start = async (idleMs = 10_000) => {
  const desktop = await startDesktop();
  const streams: Socket[] = [];
  const displays = new OpenDisplays({
    connect: async () => {
      const stream = await desktop.dial();
      streams.push(stream);
      return stream;
    },
    idleMs,
  });
  onTestFinished(() => displays.closeAll());
  return { ...desktop, displays, streams };
};
const look = (display: Display) => display.refresh(never);
const openFiles = () => readdirSync("/proc/self/fd").length;

test("all users share one connection, which is kept for a while", async () => {
  const { displays, streams } = await start();
  await Promise.all([displays.use("a", never, look), displays.use("a", never, look)]);
  await displays.use("a", never, look);
  expect(streams).toHaveLength(1);
  await displays.use("b", never, look);
  expect(streams).toHaveLength(2);
});

test("a display that nobody uses is closed, but not while text that was set may still be pasted", async () => {
  const { displays, streams, program } = await start(30);
  await displays.use("a", never, look);
  await expect.poll(() => streams[0]!.destroyed).toBe(true);
  await displays.use("a", never, (display) => display.setClipboard("kept", never));
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(await program.paste()).toBe("kept");
  await program.copy("something else");
  await expect.poll(() => streams[1]!.destroyed).toBe(true);
});

test("a lost connection fails its users, and the next use opens another", async () => {
  const { displays, streams, program } = await start();
  const waiting = displays.use("a", never, async (display) => {
    await display.refresh(never);
    streams[0]!.destroy();
    await display.refresh(never);
  });
  await expect(waiting).rejects.toMatchObject({ code: "display_unavailable" });
  await program.fill(0x654321, 10, 10, 5, 5);
  const colour = await displays.use("a", never, async (display) => {
    await display.refresh(never);
    return colourAt(display, 12, 12);
  });
  expect([colour, streams.length]).toEqual([0x654321, 2]);
});

test("a computer that stops takes its display along, whoever uses it", async () => {
  const { displays, streams } = await start();
  const used = Promise.withResolvers<void>();
  const waiting = displays.use("a", never, async (display) => {
    await display.refresh(never);
    used.resolve();
    for (;;) await display.flush(never);
  });
  const failed = expect(waiting).rejects.toThrow(/the computer has stopped/);
  await used.promise;
  displays.close("a");
  await failed;
  expect(streams[0]!.destroyed).toBe(true);
  displays.close("a");
});

test("one that cannot be opened fails its users, and is tried again at the next use", async () => {
  let tries = 0;
  const displays = new OpenDisplays({
    connect: async () => {
      tries++;
      throw new Error("no way");
    },
  });
  const failures = await Promise.allSettled([displays.use("a", never, look), displays.use("a", never, look)]);
  expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(displays.use("a", never, look)).rejects.toThrow("no way");
  expect(tries).toBe(2);
});

test("who gives up waits no longer, and the others get their display", async () => {
  const { displays } = await start();
  const abort = new AbortController();
  const given = displays.use("a", abort.signal, look);
  const kept = displays.use("a", never, look);
  abort.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  await kept;
});

test("50 displays opened and closed leave no file descriptor", async () => {
  const { displays, streams } = await start();
  await displays.use("warm", never, look);
  displays.close("warm");
  await expect.poll(() => streams.every(({ closed }) => closed)).toBe(true);
  const before = openFiles();
  for (let i = 0; i < 50; i++) {
    await displays.use("a", never, async (display) => {
      await display.refresh(never);
      if (i % 10 === 0) await display.withoutPointer!(never, () => {});
    });
    displays.close("a");
  }
  await expect.poll(() => streams.every(({ closed }) => closed)).toBe(true);
  expect(streams.length).toBeGreaterThan(50);
  expect(openFiles()).toBe(before);
}, 30_000);
