import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endInWords, makeLog, openLog } from "../../../src/server/machine/qemu/log.ts";
import { tempDir } from "../../support/temp.ts";

const speak = (script: string, end: number) => spawn("sh", ["-c", script], { stdio: ["ignore", end, end] });

test("the last words are told, without the program's name, and how it ended", async () => {
  const dir = tempDir();
  const { log, end } = await makeLog(dir);
  const child = speak("echo first; echo 'qemu-system-x86_64: the last' >&2; exit 3", end);
  closeSync(end);
  const [code] = await once(child, "exit");
  expect(await endInWords(log, { code, signal: null })).toBe("QEMU ended with code 3: the last");
  log.close();
});

test("a box tells the signal that ended what was in it by its code", async () => {
  const log = { lastLine: async () => "", close: () => {} };
  expect(await endInWords(log, { code: 137, signal: null })).toBe("QEMU ended with SIGKILL");
  expect(await endInWords(log, { code: null, signal: "SIGABRT" })).toBe("QEMU ended with SIGABRT");
  expect(await endInWords(log, { code: 1, signal: null })).toBe("QEMU ended with code 1");
});

test("a flood takes neither disk nor the service's time, and the words after it are still heard", async () => {
  const dir = tempDir();
  const { log, end } = await makeLog(dir);
  const child = speak("head -c 200000 /dev/zero; echo; echo after", end);
  closeSync(end);
  expect(statSync(join(dir, "qemu.log")).isFIFO()).toBe(true);
  const exited = once(child, "exit");
  expect(await log.lastLine()).toBe("after");
  await exited;
  log.close();
});

test("who comes later reads on where the one before has left", async () => {
  const dir = tempDir();
  const { log, end } = await makeLog(dir);
  log.close();
  const later = openLog(dir);
  writeFileSync(end, "said meanwhile\n");
  closeSync(end);
  expect(await later.lastLine()).toBe("said meanwhile");
  later.close();
});

test("where there is no pipe there are no words", async () => {
  const dir = tempDir();
  writeFileSync(join(dir, "qemu.log"), "a file\n");
  expect(await openLog(dir).lastLine()).toBe("");
  expect(await openLog(join(dir, "absent")).lastLine()).toBe("");
});
