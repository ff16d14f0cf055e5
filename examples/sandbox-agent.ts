/**
 * An agent of the OpenAI Agents SDK that works in a computer of its own, and goes on there in another process: `begin` runs a command, edits a file by apply_patch and looks at a picture; what the
 * session is then is saved in a file, and the computer is suspended; `resume` starts it again and finds the file. Run it beside a service:
 * `npm run example -- sandbox-agent begin`, then `npm run example -- sandbox-agent resume`. With OPENAI_API_KEY a real model does it (OPENAI_MODEL), else a script.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { run } from "@openai/agents";
import { Manifest, SandboxAgent } from "@openai/agents/sandbox";
import { assistantMessage, functionCall, ScriptedModel } from "@openai/agents/testing";
import { Vitrine } from "../src/client/index.ts";
import { VitrineSandboxClient } from "../src/integrations/openai-agents/index.ts";

const [step, file = "sandbox-agent.json"] = process.argv.slice(2);
if (step !== "begin" && step !== "resume") throw new Error("say begin or resume, and the file for the state");

const client = new VitrineSandboxClient({ vitrine: new Vitrine(), template: "scratch", delete_on_close: false });
const manifest = new Manifest({ entries: { "notes.txt": { type: "file", content: "draft\n" } } });
const patient = { login: false, yield_time_ms: 60_000 };
const call = (name: string, input: object, callId: string) => [functionCall(name, { ...input }, { callId })];
const GREEN = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPQ7rLDihiGlgQAuGE8wfp8DcMAAAAASUVORK5CYII=";
const SCRIPTS = {
  begin: [
    call("exec_command", { cmd: `uname -n; echo ${GREEN} | base64 -d > dot.png`, ...patient }, "c1"),
    [
      {
        type: "apply_patch_call" as const,
        callId: "c2",
        status: "completed" as const,
        operation: { type: "update_file" as const, path: "notes.txt", diff: "@@\n-draft\n+final" },
      },
    ],
    call("view_image", { path: "dot.png" }, "c3"),
    [assistantMessage("The notes are final, and the picture is green.")],
  ],
  resume: [call("exec_command", { cmd: "cat notes.txt", ...patient }, "c4"), [assistantMessage("The notes are there.")]],
};
const TASKS = {
  begin: "Make notes.txt say final by apply_patch, draw a green square to dot.png, and look at it.",
  resume: "What does notes.txt say?",
};
const model = process.env.OPENAI_API_KEY ? process.env.OPENAI_MODEL : new ScriptedModel(SCRIPTS[step]);
const agent = new SandboxAgent({
  name: "worker",
  instructions: "Work in the sandbox.",
  defaultManifest: manifest,
  ...(model && { model }),
});

const session =
  step === "begin"
    ? await client.create({ manifest })
    : await client.resume(await client.deserializeSessionState(JSON.parse(readFileSync(file, "utf8"))));
const result = await run(agent, TASKS[step], { sandbox: { client, session } });
for (const item of result.output) if ("output" in item) console.log(JSON.stringify(item.output).slice(0, 300));
console.log(`The model says: ${result.finalOutput}`);
if (step === "begin") {
  writeFileSync(file, JSON.stringify(await client.serializeSessionState(session.state)), { mode: 0o600 });
  await session.close();
  await session.computer.stop();
} else {
  await session.close();
  await client.delete(session.state);
  rmSync(file);
}
