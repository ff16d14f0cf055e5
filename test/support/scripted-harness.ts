import { once } from "node:events";
import { commonTool, type HarnessV1, type HarnessV1NetworkSandboxSession, harnessV1BridgeOutboundMessageSchema } from "@ai-sdk/harness";
import { createBridgeToken, SandboxChannel, waitForBridgeReady, withBridgeToken } from "@ai-sdk/harness/utils";
import { WebSocket } from "ws";
import { z } from "zod";

const BRIDGE = new URL("scripted-bridge.ts", import.meta.url).pathname;
const READY_MS = 60_000;
const EVENTS = ["stream-start", "text-start", "text-delta", "text-end", "tool-call", "tool-result", "finish-step", "finish"] as const;
const harnessId = "scripted";
const unsupported = () => Promise.reject(new Error("the scripted harness does not do this"));

/** As the AI SDK's adapters of coding agents are: the agent is a process in the sandbox, and a WebSocket to its bridge, at `port`, goes through the sandbox's endpoint. */
export const scriptedHarness = (port: number): HarnessV1 => ({
  specificationVersion: "harness-v1",
  harnessId,
  builtinTools: {
    bash: commonTool("bash", {
      nativeName: "bash",
      toolUseKind: "bash",
      description: "Runs a command.",
      inputSchema: z.object({ command: z.string() }),
    }),
  },
  getBootstrap: async () => ({
    harnessId,
    bootstrapDir: "bootstrap",
    files: [{ path: "bootstrap/brought.txt", content: "brought\n" }],
    commands: [{ command: "mv brought.txt installed.txt" }],
  }),
  doStart: async ({ sessionId, sandboxSession, sessionWorkDir, resumeFrom }) => {
    const sandbox = sandboxSession as HarnessV1NetworkSandboxSession;
    const bridgeStateDir = `${sessionWorkDir}/.bridge`;
    const token = createBridgeToken();
    const proc = await sandbox.spawn({
      command: `exec '${process.execPath}' '${BRIDGE}' "$STATE"`,
      workingDirectory: sessionWorkDir,
      env: { STATE: bridgeStateDir, BRIDGE_WS_PORT: String(port), BRIDGE_CHANNEL_TOKEN: token },
    });
    await waitForBridgeReady({ proc, sandbox, bridgeStateDir, bridgeType: harnessId, timeoutMs: READY_MS });
    const { url, headers } = withBridgeToken({ endpoint: await sandbox.getPortEndpoint({ port, protocol: "ws" }), token });
    const channel = new SandboxChannel<z.infer<typeof harnessV1BridgeOutboundMessageSchema>, { type: string; prompt?: string }>({
      connect: async () => {
        const socket = new WebSocket(url, { headers });
        await once(socket, "open");
        return socket;
      },
      outboundSchema: harnessV1BridgeOutboundMessageSchema,
    });
    await channel.open();
    const end = async (type: "stop" | "destroy") => {
      channel.beginClose();
      channel.send({ type });
      await proc.wait();
    };
    return {
      sessionId,
      isResume: resumeFrom !== undefined,
      doPromptTurn: async ({ prompt, emit }) => {
        const { promise: done, resolve, reject } = Promise.withResolvers<void>();
        const offs = EVENTS.map((type) => channel.on(type, (event) => emit(event as Parameters<typeof emit>[0])));
        offs.push(
          channel.on("finish", () => resolve()),
          channel.on("error", ({ error }) => reject(error)),
        );
        channel.send({ type: "start", prompt: String(prompt) });
        const heard = done.finally(() => {
          for (const off of offs) off();
        });
        return { submitToolResult: unsupported, done: heard };
      },
      doStop: async () => {
        await end("stop");
        return { type: "resume-session", harnessId, specificationVersion: "harness-v1", data: {} };
      },
      doDestroy: () => end("destroy"),
      doCompact: unsupported,
      doContinueTurn: unsupported,
      doSuspendTurn: unsupported,
      doDetach: unsupported,
    };
  },
});
