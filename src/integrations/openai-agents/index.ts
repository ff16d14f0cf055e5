/** Computers for the OpenAI Agents SDK: sandboxes of its SandboxAgent, the screen of its computerTool, and function tools. */
export type { CommandOptions, OneShotOptions } from "../shared/functions.ts";
export { VitrineSandboxClient } from "./client.ts";
export { VitrineComputer } from "./computer.ts";
export type { VitrineSandboxOptions } from "./options.ts";
export { VitrineSandboxSession } from "./session.ts";
export type { VitrineSandboxState } from "./state.ts";
export { oneShotTool, vitrineTools } from "./tools.ts";
