import { execFileSync } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { loadState } from "../../../src/server/machine/qemu/migrate.ts";
import type { Qmp, QmpEvent } from "../../../src/server/machine/qemu/qmp.ts";
import { tempDir } from "../../support/temp.ts";

test("a QEMU that has all of a state and hangs up before the sender does has loaded it", async () => {
  const dir = tempDir();
  mkdirSync(join(dir, "run"));
  const state = join(dir, "state");
  execFileSync("mkfifo", [state]);
  const listeners = new Set<(event: QmpEvent) => void>();
  const qemu = createServer((socket) => {
    socket.once("data", () => {
      socket.destroy();
      // The sender has seen the end of the connection before its own, and before it hears of the success.
      setTimeout(() => {
        sender.end();
        for (const listener of listeners) listener({ event: "MIGRATION", data: { status: "completed" } });
      }, 100);
    });
  });
  const qmp = {
    closed: new Promise(() => {}),
    onEvent: (listener: (event: QmpEvent) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    execute: async (command: string) => {
      if (command === "migrate-incoming") await new Promise<void>((resolve) => qemu.listen(join(dir, "run/state.sock"), resolve));
    },
  } as unknown as Qmp;
  const loaded = loadState(qmp, dir, state, true, AbortSignal.timeout(20_000));
  const sender = createWriteStream(state);
  onTestFinished(() => {
    sender.destroy();
    qemu.close();
  });
  sender.write("all of it");
  await expect(loaded).resolves.toBeUndefined();
});
