/** Computers for the OpenAI Agents SDK: sandboxes of its SandboxAgent, and the screen of its computerTool. */
export { VitrineSandboxClient } from "./client.ts";
export { VitrineComputer } from "./computer.ts";
export type { VitrineSandboxOptions } from "./options.ts";
export { VitrineSandboxSession } from "./session.ts";
export type { VitrineSandboxState } from "./state.ts";
