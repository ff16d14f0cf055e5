/**
 * Mastra: an agent whose workspace is a computer. Run it beside a service: `npm run example -- mastra`. With OPENAI_API_KEY a real model does it (OPENAI_MODEL),
 * else a script.
 */
import { Agent } from "@mastra/core/agent";
import { Workspace } from "@mastra/core/workspace";
import { Vitrine } from "../src/client/index.ts";
import { VitrineSandbox } from "../src/integrations/mastra/index.ts";
import { withoutKey } from "./support/scripted-model.ts";

await using _script = await withoutKey(
  [["mastra_workspace_execute_command", { command: "python3 -c 'print(2**64)' > power.txt && cat power.txt" }]],
  "power.txt holds 2 to the 64th.",
);
const workspace = new Workspace({ sandbox: new VitrineSandbox({ vitrine: new Vitrine(), computer: { template: "scratch" } }) });
try {
  const agent = new Agent({
    id: "worker",
    name: "worker",
    instructions: "Work in the computer.",
    model: { id: `openai/${process.env.OPENAI_MODEL ?? "gpt-5.4"}`, url: process.env.OPENAI_BASE_URL, api: "responses" },
    workspace,
  });
  const { text, toolResults } = await agent.generate("Have Python write 2 to the 64th to power.txt, and show me the file.");
  for (const { payload } of toolResults) console.log(`${payload.toolName}: ${JSON.stringify(payload.result)}`);
  console.log(`The model says: ${text}`);
} finally {
  await workspace.destroy(); // deletes the computer
}
