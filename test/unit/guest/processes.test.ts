import { existsSync } from "node:fs";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FRAME } from "../../../src/contract/guest/frames.ts";
import { exitOf } from "../../../src/server/guest/exec.ts";
import { openGuest } from "../../../src/server/guest/open.ts";
import { soon, startAgent, type TestAgent } from "./agent.ts";

let agent: TestAgent;
beforeAll(async () => {
  agent = await startAgent();
});
afterAll(() => agent.stop());

const start = (command: string) => agent.guest.startProcess({ command, user: "ohm" }, soon());
const outputOf = async (pid: number) => {
  let text = "";
  for await (const frame of agent.guest.processOutput(pid, soon())) {
    if (frame.type === FRAME.exit) return { text, exit: exitOf(frame) };
    text += frame.payload.toString();
  }
  throw new Error("no exit");
};

test("a process is started, listed, followed to its end and remembered", async () => {
  const started = await start("echo hello; echo oops >&2; read line; exit 5");
  expect(started).toMatchObject({ user: "ohm", running: true, exit_code: null, ended_at: null });
  expect(await agent.guest.listProcesses(soon())).toContainEqual(started);
  const following = outputOf(started.pid);
  await agent.guest.writeStdin(started.pid, Readable.from([Buffer.from("x\n")]), false, soon());
  const { text, exit } = await following;
  expect(text).toContain("hello\n");
  expect(text).toContain("oops\n");
  expect(exit).toMatchObject({ exit_code: 5, signal: null });
  expect(await agent.guest.getProcess(started.pid, soon())).toMatchObject({ running: false, exit_code: 5 });
  expect((await outputOf(started.pid)).text).toContain("hello\n");
});

test("stdin comes in parts and ends when it is told to", async () => {
  const { pid } = await start("cat; echo done");
  await agent.guest.writeStdin(pid, Readable.from([Buffer.from("one ")]), false, soon());
  await agent.guest.writeStdin(pid, Readable.from([Buffer.from("two ")]), true, soon());
  expect((await outputOf(pid)).text).toBe("one two done\n");
  await expect(agent.guest.writeStdin(pid, Readable.from([Buffer.from("three")]), true, soon())).rejects.toMatchObject({
    code: "invalid_request",
  });
});

test("a signal goes to the whole group", async () => {
  const { pid } = await start("sleep 300 & echo $!; wait");
  let child = 0;
  for await (const frame of agent.guest.processOutput(pid, soon())) {
    child = Number(frame.payload.toString());
    break;
  }
  await agent.guest.signalProcess(pid, "KILL", soon());
  expect((await outputOf(pid)).exit).toMatchObject({ exit_code: null, signal: "SIGKILL" });
  await expect.poll(() => existsSync(`/proc/${child}`), { timeout: 10_000 }).toBe(false);
  await expect(agent.guest.signalProcess(pid, "NONSENSE", soon())).rejects.toMatchObject({ code: "invalid_request" });
});

test("of much output the end is kept", async () => {
  const { pid } = await start("seq 1 400000");
  await expect.poll(async () => (await agent.guest.getProcess(pid, soon())).running, { timeout: 10_000 }).toBe(false);
  const { text } = await outputOf(pid);
  expect(text.length).toBeLessThanOrEqual(1024 * 1024);
  expect(text.length).toBeGreaterThan(900 * 1024);
  expect(text.endsWith("399999\n400000\n")).toBe(true);
});

test("unknown processes and programs are errors", async () => {
  await expect(agent.guest.getProcess(999_999_999, soon())).rejects.toMatchObject({ code: "process_not_found" });
  await expect(agent.guest.startProcess({ argv: ["no-such-program"], user: "ohm" }, soon())).rejects.toMatchObject({
    code: "invalid_request",
  });
});

test("a process outlives the link", async () => {
  const first = openGuest({ link: { path: agent.socket }, secret: agent.secret });
  const { pid } = await first.startProcess({ command: "read line; echo got $line", user: "ohm" }, soon());
  first.close();
  await agent.guest.writeStdin(pid, Readable.from([Buffer.from("it\n")]), false, soon());
  expect((await outputOf(pid)).text).toBe("got it\n");
});
