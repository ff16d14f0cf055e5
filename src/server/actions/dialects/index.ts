import type { Dialect } from "../../../contract/actions.ts";
import type { DialectAdapter } from "../dialect.ts";
import { anthropic } from "./anthropic.ts";
import { gemini } from "./gemini.ts";
import { kernel } from "./kernel.ts";
import { openai } from "./openai.ts";
import { xdotool } from "./xdotool.ts";

export const dialects: Record<Dialect, DialectAdapter> = { openai, anthropic, gemini, kernel, xdotool };
