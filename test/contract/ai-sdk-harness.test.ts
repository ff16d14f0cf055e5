import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { HarnessSandboxAuthenticationError } from "@ai-sdk/harness";
import { HarnessAgent } from "@ai-sdk/harness/agent";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Vitrine } from "../../src/client/index.ts";
import { networkSandboxSession, type SandboxProviderOptions, sandboxProvider } from "../../src/integrations/ai-sdk/index.ts";
import { adapterWorld } from "../support/adapter-world.ts";
import { startPortServer } from "../support/port-server.ts";
import { scriptedHarness } from "../support/scripted-harness.ts";

// Agents are processes that have to be started.
vi.setConfig({ testTimeout: 120_000 });

const world = adapterWorld();
const scratch = { template: "scratch" } as const;

/** One where nothing listens. */
const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};
const provider = (options: Partial<SandboxProviderOptions> = {}) =>
  sandboxProvider({ vitrine: world.vitrine, computer: scratch, ...world.options, ...options });

/** What an agent whose model calls for these commands, one a turn, gets of them. */
const said = async (agent: HarnessAgent, session: Awaited<ReturnType<HarnessAgent["createSession"]>>, ...commands: string[]) => {
  const { text, steps } = await agent.generate({ session, prompt: JSON.stringify(commands) });
  expect(text).toBe("Done.");
  return steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => output));
};

test("a HarnessAgent's agent works in a computer of its session's, and goes on there once another has resumed it", async () => {
  const port = await freePort();
  const cwd = mkdtempSync(join(world.dir, "work-"));
  const agentOf = () => new HarnessAgent({ harness: scriptedHarness(port), sandbox: provider({ ports: [port], cwd }) });
  const sessionId = "Session 1";
  const agent = agentOf();
  const session = await agent.createSession({ sessionId });
  expect(await said(agent, session, "cat ../bootstrap/installed.txt", "echo kept > note.txt")).toEqual(["brought\n", ""]);
  const resumeFrom = JSON.parse(JSON.stringify(await session.stop()));
  expect((await world.vitrine.computers.list()).data.map(({ status }) => status)).toEqual(["restorable"]);

  const other = agentOf();
  const resumed = await other.createSession({ sessionId, resumeFrom });
  expect(await said(other, resumed, "cat note.txt")).toEqual(["kept\n"]);
  await resumed.destroy();
  expect(await world.computers()).toEqual([]);
});

test("a computer of the caller's stays when the session is over", async () => {
  const port = await freePort();
  const computer = await world.vitrine.computers.create(scratch);
  const agent = new HarnessAgent({ harness: scriptedHarness(port) });
  const cwd = mkdtempSync(join(world.dir, "work-"));
  const sandboxSession = await networkSandboxSession(computer, { ...world.options, cwd, ports: [port] });
  const session = await agent.createSession({ sandboxSession });
  expect(await said(agent, session, "echo here")).toEqual(["here\n"]);
  await session.destroy();
  expect(await computer.refresh()).toMatchObject({ status: "running" });
  expect((await computer.processes.list()).some(({ running }) => running)).toBe(false);
});

test("a set-up that fails leaves no computer, and a wrong key is a matter of authentication", async () => {
  const sandboxConfig = {
    bootstrapHash: "1",
    onBootstrap: () => {
      throw new Error("nothing to install");
    },
  };
  const agent = new HarnessAgent({ harness: scriptedHarness(1), sandbox: provider(), sandboxConfig });
  const before = world.booted();
  await expect(agent.createSession()).rejects.toThrow("nothing to install");
  expect(world.booted()).toBe(before + 1);
  expect(await world.computers()).toEqual([]);
  await expect(agent.createSession({ abortSignal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  expect(await world.computers()).toEqual([]);
  const stranger = provider({ vitrine: new Vitrine({ url: world.vitrine.url, apiKey: "vtk_wrong" }) });
  const refused = await Promise.resolve(stranger.createSession()).catch((error) => error);
  expect(HarnessSandboxAuthenticationError.isInstance(refused)).toBe(true);
  await expect(Promise.resolve(stranger.resumeSession!({ sessionId: "s" }))).rejects.toThrow(HarnessSandboxAuthenticationError);
  await expect(Promise.resolve(provider().resumeSession!({ sessionId: "s" }))).rejects.toMatchObject({ code: "computer_not_found" });
});

test("a port has an endpoint while it is among the session's", async () => {
  const app = await startPortServer();
  onTestFinished(() => app.close());
  const computer = await world.vitrine.computers.create(scratch);
  const session = await networkSandboxSession(computer, { ...world.options, ports: [app.port] });
  expect(session.ports).toEqual([app.port]);
  const { url, headers } = await session.getPortEndpoint({ port: app.port, protocol: "ws" });
  const socket = new WebSocket(new URL("/echo", url), { headers: { ...headers } });
  await once(socket, "open");
  socket.send("words");
  expect(String((await once(socket, "message"))[0])).toBe("words");
  socket.terminate();
  const bare = new WebSocket(url, { headers: { Host: headers!.Host! } });
  expect((await once(bare, "unexpected-response"))[1].statusCode).toBe(401);
  bare.on("error", () => {}).terminate();

  await session.setPorts!([]);
  expect(session.ports).toEqual([]);
  expect(await computer.ports.list()).toEqual([]);
  await expect(Promise.resolve(session.getPortEndpoint({ port: app.port }))).rejects.toMatchObject({ code: "port_not_published" });
});

test("a harness changes what the computer reaches, and a tool of an agent cannot", async () => {
  const computer = await world.vitrine.computers.create({ ...scratch, network: { deny: ["evil.example"], host_ports: [8080] } });
  const session = await networkSandboxSession(computer, world.options);
  const own = { deny: ["evil.example"], host_ports: [8080] };
  const none = { allow: [], allow_cidrs: [], deny_cidrs: [] };
  const policy = async () => (await computer.egress.get()).policy;
  await session.setNetworkPolicy!({ mode: "custom", allowedHosts: ["*.example.com"], deniedCIDRs: ["203.0.113.0/24"] });
  expect(await policy()).toEqual({ ...own, mode: "restricted", allow: ["*.example.com"], allow_cidrs: [], deny_cidrs: ["203.0.113.0/24"] });
  await session.setNetworkPolicy!({ mode: "deny-all" });
  expect(await policy()).toEqual({ ...own, ...none, mode: "off" });
  await session.setNetworkPolicy!({ mode: "allow-all" });
  expect(await policy()).toEqual({ ...own, ...none, mode: "open" });
  expect(Object.keys(session.restricted())).not.toEqual(expect.arrayContaining(["setNetworkPolicy", "destroy"]));
  expect(await session.restricted().run({ command: "echo here" })).toMatchObject({ stdout: "here\n" });
});
