import { run } from "@openai/agents";
import { Manifest, SandboxAgent } from "@openai/agents/sandbox";
import { assistantMessage, functionCall, ScriptedModel } from "@openai/agents/testing";
import type { Vitrine } from "../../src/client/index.ts";
import { VitrineSandboxClient } from "../../src/integrations/openai-agents/index.ts";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/** A login shell, and a yield after ten seconds, are too slow on a busy host. */
export const PLAIN = { login: false, yield_time_ms: 60_000 };
const DIFF = "@@\n-draft\n+final";

const call = (name: string, input: Record<string, unknown>, callId: string) => [functionCall(name, input, { callId })];
const outputs = (items: readonly unknown[]) =>
  items.filter((item) => /_call_(result|output)$/.test((item as { type?: string }).type ?? "")).map((item) => JSON.stringify(item));

/** The SDK's own runner with a scripted model: a command, a patch and a picture; the state saved; another client that finds the file. */
export const workAndResume = async (makeVitrine: () => Vitrine, root: string, user: string) => {
  const manifest = new Manifest({ root, entries: { "notes.txt": { type: "file", content: "draft\n" } }, environment: { WHO: "Ada" } });
  const agentWith = (model: ScriptedModel) => new SandboxAgent({ name: "worker", model, instructions: "Work.", defaultManifest: manifest });
  const client = new VitrineSandboxClient({ vitrine: makeVitrine(), template: "scratch", memory: 512, delete_on_close: false, user });
  const session = await client.create({ manifest });
  const first = new ScriptedModel([
    call("exec_command", { cmd: `echo "$WHO in $PWD"; echo ${PIXEL} | base64 -d > dot.png`, ...PLAIN }, "c1"),
    [{ type: "apply_patch_call", callId: "c2", status: "completed", operation: { type: "update_file", path: "notes.txt", diff: DIFF } }],
    call("view_image", { path: "dot.png" }, "c3"),
    [assistantMessage("Done.")],
  ]);
  const worked = await run(agentWith(first), "Finish the notes.", { sandbox: { client, session } });
  const saved = JSON.stringify(await client.serializeSessionState(session.state));
  await session.close();

  const other = new VitrineSandboxClient({ vitrine: makeVitrine() });
  const sessionState = await other.deserializeSessionState(JSON.parse(saved));
  const second = new ScriptedModel([call("exec_command", { cmd: "cat notes.txt", ...PLAIN }, "c4"), [assistantMessage("Found.")]]);
  const found = await run(agentWith(second), "Read the notes.", { sandbox: { client: other, sessionState } });
  return {
    computerId: session.state.computer_id,
    saved,
    said: [worked.finalOutput, found.finalOutput],
    worked: outputs(worked.output),
    found: outputs(found.output),
  };
};
