import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ifUnlocked, withLock } from "../../../guest-image/build/lock.ts";
import type { ProgressEvent } from "../../../src/server/progress.ts";

const dir = mkdtempSync(join(tmpdir(), "vitrine-lock-"));
afterAll(() => rmSync(dir, { recursive: true }));
const quiet = () => {};

test("one works at a time, and who waits sees the other's progress", async () => {
  const seen: ProgressEvent[] = [];
  const started = Promise.withResolvers<void>();
  const waiting = Promise.withResolvers<void>();
  const order: string[] = [];
  const first = withLock(dir, "a", quiet, undefined, async (progress) => {
    started.resolve();
    await waiting.promise;
    const heard = new Promise<void>((resolve) => {
      onNews = resolve;
    });
    const again = setInterval(() => progress({ step: "x", message: "half", percent: 50 }), 5);
    await heard.finally(() => clearInterval(again));
    order.push("first");
  });
  let onNews = () => {};
  await started.promise;
  const second = withLock(
    dir,
    "a",
    (event) => {
      seen.push(event);
      if (event.step === "wait") waiting.resolve();
      if (event.step === "x") onNews();
    },
    undefined,
    async () => {
      order.push("second");
    },
  );
  await Promise.all([first, second]);
  expect(order).toEqual(["first", "second"]);
  expect(seen).toContainEqual({ step: "x", message: "half", percent: 50 });
});

test("a holder that is killed frees the lock at once", async () => {
  const module = new URL("../../../guest-image/build/lock.ts", import.meta.url).pathname;
  const script = `const { withLock } = await import(${JSON.stringify(module)});
    await withLock(${JSON.stringify(dir)}, "b", () => {}, undefined, () => new Promise(() => { console.log("held"); setInterval(() => {}, 1e6); }));`;
  const holder = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(holder.stdout, "data");
    let ran = false;
    await ifUnlocked(dir, "b", async () => {
      ran = true;
    });
    expect(ran).toBe(false);
    const got = withLock(dir, "b", quiet, undefined, async () => "mine");
    holder.kill("SIGKILL");
    expect(await got).toBe("mine");
  } finally {
    holder.kill("SIGKILL");
  }
});

test("a failure frees the lock, and waiting ends with the signal", async () => {
  await expect(withLock(dir, "c", quiet, undefined, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  const abort = new AbortController();
  await withLock(dir, "c", quiet, undefined, async () => {
    const waiter = withLock(
      dir,
      "c",
      () => abort.abort(new Error("enough")),
      abort.signal,
      async () => "never",
    );
    await expect(waiter).rejects.toThrow("enough");
  });
});
