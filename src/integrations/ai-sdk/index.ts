/** Computers for the AI SDK: its sandbox, the screen of its vendors' computer tools, and tools of our own. */
export type { CommandOptions, OneShotOptions } from "../shared/functions.ts";
export { anthropicComputer, anthropicComputerToolset, openaiComputer, type SafetyCheck } from "./computer.ts";
export {
  type NetworkSandboxOptions,
  type NetworkSandboxSession,
  networkSandboxSession,
  type SandboxProvider,
  type SandboxProviderOptions,
  sandboxProvider,
} from "./harness.ts";
export { sandboxSession } from "./sandbox.ts";
export { oneShotTools, vitrineTools } from "./tools.ts";
