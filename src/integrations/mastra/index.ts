/** Computers for Mastra: sandboxes of its Workspace, with their screen. */
export { VitrineSandbox, type VitrineSandboxOptions } from "./sandbox.ts";
