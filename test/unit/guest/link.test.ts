import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { VitrineError } from "../../../src/contract/errors.ts";
import { openGuest } from "../../../src/server/guest/open.ts";
import { soon, startAgent, type TestAgent } from "./agent.ts";

const agents: TestAgent[] = [];
afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.stop())));
const begin = async (options?: Parameters<typeof startAgent>[0]) => {
  const agent = await startAgent(options);
  agents.push(agent);
  return agent;
};
const echo = (agent: TestAgent, signal = soon()) => agent.guest.exec({ argv: ["echo", "here"], user: "ohm", timeout_ms: 60_000 }, signal);

test("calls under way fail when the agent dies, and the next find its successor", async () => {
  const agent = await begin();
  const lost = expect.objectContaining({ code: "guest_link_lost" });
  const exec = agent.guest.exec({ argv: ["sleep", "5"], user: "ohm", timeout_ms: 60_000 }, soon());
  const frames = agent.guest
    .execStream({ argv: ["sleep", "5"], user: "ohm", timeout_ms: 60_000 }, soon())
    [Symbol.asyncIterator]()
    .next();
  const upload = agent.guest.writeFile(join(agent.files, "f"), new PassThrough(), soon());
  const failures = Promise.allSettled([exec, frames, upload]);
  writeFileSync(join(agent.files, "large"), Buffer.alloc(20_000_000));
  const { body } = await agent.guest.readFile(join(agent.files, "large"), null, soon());
  await agent.kill();
  for (const result of await failures) expect(result).toEqual({ status: "rejected", reason: lost });
  await expect(body.toArray()).rejects.toThrow();
  const next = echo(agent);
  await agent.start();
  expect((await next).stdout).toBe("here\n");
  expect(existsSync(join(agent.files, "f"))).toBe(false);
});

test("a wrong secret fails at once", async () => {
  const agent = await begin();
  const guest = openGuest({ link: { path: agent.socket }, secret: "of another computer" });
  await expect(guest.stat("/", soon(60_000))).rejects.toMatchObject({
    code: "guest_unreachable",
    details: { reason: expect.stringContaining("secret") },
  });
  await expect(guest.waitFor(() => true, soon(60_000))).rejects.toMatchObject({ code: "guest_unreachable" });
  guest.close();
});

test("while nothing listens a call waits until its signal, and says why", async () => {
  const agent = await begin();
  await agent.kill();
  await expect(echo(agent, soon(300))).rejects.toMatchObject({
    code: "guest_unreachable",
    details: { reason: expect.stringMatching(/ECONNREFUSED|ENOENT/) },
  });
});

test("calls that are given up in great number do not cost the link", async () => {
  const agent = await begin();
  const file = join(agent.files, "f");
  writeFileSync(file, Buffer.alloc(200_000));
  const held = agent.guest.exec({ argv: ["sleep", "10"], user: "ohm", timeout_ms: 60_000 }, soon(60_000));
  held.catch(() => {});
  for (let i = 0; i < 60; i++) {
    const bodies = await Promise.all(Array.from({ length: 25 }, () => agent.guest.readFile(file, null, soon())));
    for (const { body } of bodies) body.destroy();
  }
  expect(await Promise.race([held.then(() => "ended", String), echo(agent).then((r) => r.stdout)])).toBe("here\n");
});

test("after close nothing works and nothing is left", async () => {
  const agent = await begin();
  await echo(agent);
  const waiting = agent.guest.waitFor(() => false, soon());
  const running = agent.guest.exec({ argv: ["sleep", "10"], user: "ohm", timeout_ms: 60_000 }, soon());
  const failures = Promise.allSettled([waiting, running]);
  await new Promise((resolve) => setImmediate(resolve));
  agent.guest.close();
  for (const result of await failures) expect(result.status).toBe("rejected");
  await expect(echo(agent)).rejects.toMatchObject({ code: "guest_unreachable" });
});

test("settings are applied, and kept for an agent that is started again", async () => {
  const agent = await begin();
  await agent.guest.configure({ env: { GIVEN: "later" } }, soon());
  const value = async () => (await agent.guest.exec({ command: "echo $GIVEN", user: "ohm", timeout_ms: 10_000 }, soon())).stdout;
  expect(await value()).toBe("later\n");
  await agent.kill();
  await agent.start();
  expect(await value()).toBe("later\n");
});

test("the clock is set only when it is off", async () => {
  const place = await begin();
  const record = join(place.files, "date");
  writeFileSync(record, `#!/bin/sh\necho "$@" >> ${record}.calls\n`, { mode: 0o755 });
  const agent = await begin({ env: { VITRINE_AGENT_DATE: record } });
  const isSet = async (clock_ms: number) => {
    rmSync(`${record}.calls`, { force: true });
    await agent.guest.configure({ clock_ms }, soon());
    return existsSync(`${record}.calls`);
  };
  // On a busy machine the call itself may take longer than what is tolerated.
  await expect.poll(() => isSet(Date.now()), { timeout: 10_000 }).toBe(false);
  expect(await isSet(1_700_000_000_123)).toBe(true);
  expect(readFileSync(`${record}.calls`, "utf8")).toBe("-u -s @1700000000.123\n");
});

test("power off runs the guest's own script", async () => {
  const place = await begin();
  const script = join(place.files, "poweroff");
  writeFileSync(script, `#!/bin/sh\ntouch ${script}.done\n`, { mode: 0o755 });
  const agent = await begin({ env: { VITRINE_AGENT_POWEROFF: script } });
  await agent.guest.powerOff(soon());
  await expect.poll(() => existsSync(`${script}.done`), { timeout: 10_000 }).toBe(true);
});

/** A minute and more, as timers see it; what is sent meanwhile has the time to come. */
const aMinute = async () => {
  for (let i = 0; i < 8; i++) {
    vi.advanceTimersByTime(10_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

test("a guest that has frozen fails what is under way, and is told of until it answers again; one that is held still on purpose is not", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const agent = await begin();
    const guest = openGuest({ link: { path: agent.socket }, secret: agent.secret });
    const told: boolean[] = [];
    guest.onPulse((alive) => told.push(alive));
    const pings: number[] = [];
    guest.onPing((ms) => pings.push(ms));
    const stat = () => guest.stat(agent.files, soon());
    await stat();
    guest.hold(true);
    process.kill(agent.pid, "SIGSTOP");
    await aMinute();
    process.kill(agent.pid, "SIGCONT");
    guest.hold(false);
    await stat();
    await aMinute();
    expect(told).toEqual([]);
    expect(pings.length).toBeGreaterThan(3);
    expect(pings.every((ms) => ms > 0 && ms < 30_000)).toBe(true);

    process.kill(agent.pid, "SIGSTOP");
    const failures = Promise.allSettled([stat(), guest.exec({ argv: ["sleep", "9"], user: "ohm", timeout_ms: 60_000 }, soon())]);
    const unresponsive = expect.objectContaining({ code: "guest_unresponsive" });
    await aMinute();
    expect(told).toEqual([false]);
    for (const failure of await failures) expect(failure).toEqual({ status: "rejected", reason: unresponsive });
    const next = Promise.allSettled([stat()]);
    await aMinute();
    expect(await next, "one that comes meanwhile").toEqual([{ status: "rejected", reason: unresponsive }]);
    process.kill(agent.pid, "SIGCONT");
    await stat();
    expect(told).toEqual([false, true]);
    guest.close();
  } finally {
    vi.useRealTimers();
  }
});

test("what is under way when the link is closed for no reason of its own has lost it; what comes later does not reach the guest", async () => {
  const agent = await begin();
  await echo(agent);
  const running = agent.guest.exec({ argv: ["sleep", "10"], user: "ohm", timeout_ms: 60_000 }, soon());
  const failure = Promise.allSettled([running]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  agent.guest.close();
  expect(await failure).toEqual([{ status: "rejected", reason: expect.objectContaining({ code: "guest_link_lost" }) }]);
  await expect(echo(agent)).rejects.toMatchObject({ code: "guest_unreachable" });
});

test("what is under way when the link is closed fails with what it is closed for", async () => {
  const agent = await begin();
  await echo(agent);
  const running = agent.guest.exec({ argv: ["sleep", "10"], user: "ohm", timeout_ms: 60_000 }, soon());
  const failure = Promise.allSettled([running]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  agent.guest.close(new VitrineError("machine_exited", { reason: "a test" }));
  expect(await failure).toEqual([{ status: "rejected", reason: expect.objectContaining({ code: "machine_exited" }) }]);
  await expect(echo(agent)).rejects.toMatchObject({ code: "machine_exited" });
});
