import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectUnix } from "../../../src/server/process/connect-unix.ts";

let dir: string;
let server: Server;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-unix-"));
  server = createServer((socket) => socket.end("hello")).listen(join(dir, "socket"));
  await once(server, "listening");
  symlinkSync(join(dir, "socket"), join(dir, "link"));
  writeFileSync(join(dir, "file"), "");
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

const ask = async (name: string): Promise<string> => {
  const socket = connectUnix(join(dir, name));
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
};
const descriptors = () => readdirSync("/proc/self/fd").length;

test("connects to a socket, and keeps no descriptor", async () => {
  expect(await ask("socket")).toBe("hello");
  const before = descriptors();
  for (let i = 0; i < 10; i++) await ask("socket");
  for (let i = 0; i < 10; i++) await ask("link").catch(() => {});
  expect(descriptors() - before).toBeLessThan(5);
});

test("a link to a socket is not followed, and a file is none", async () => {
  await expect(ask("link")).rejects.toThrow(/not a socket/);
  await expect(ask("file")).rejects.toThrow(/not a socket/);
});

test("what is not there, or nobody listens on, is told as connect() tells it", async () => {
  await expect(ask("absent")).rejects.toMatchObject({ code: "ENOENT" });
});
