import type { Tool } from "../tool.ts";
import { BROWSER_TOOLS } from "./browser.ts";
import { COMPUTER_TOOLS } from "./computers.ts";
import { exec } from "./exec.ts";
import { FILE_TOOLS } from "./files.ts";
import { RECORDING_TOOLS } from "./recordings.ts";
import { SCREEN_TOOLS } from "./screen.ts";

export const TOOLS: readonly Tool[] = [...COMPUTER_TOOLS, exec, ...FILE_TOOLS, ...BROWSER_TOOLS, ...SCREEN_TOOLS, ...RECORDING_TOOLS];
