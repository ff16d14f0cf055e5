/** Computers for Anthropic's SDK: its computer and browser toolsets, bash and text editor, and function tools, for its tool runner. */
export type { CommandOptions, OneShotOptions } from "../shared/functions.ts";
export { type BashInput, type BashTool, bashTool } from "./bash.ts";
export { VitrineBrowserToolset, type VitrineBrowserToolsetOptions } from "./browser.ts";
export { VitrineComputerToolset, type VitrineComputerToolsetOptions } from "./computer.ts";
export { type TextEditorTool, textEditorTool } from "./editor.ts";
export { oneShotTool, vitrineTools } from "./tools.ts";
