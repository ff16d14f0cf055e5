/** Computers for deepagents, LangChain's deep agents: the backend that runs their commands and has their files. */
export type { CommandOptions } from "../shared/functions.ts";
export { VitrineSandbox } from "./sandbox.ts";
