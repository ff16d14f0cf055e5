import type { CallToolResult, ContentBlock, ToolAnnotations } from "@modelcontextprotocol/server";
import type { z } from "zod";
import { failureText } from "../shared/report.ts";
import type { Session } from "./session.ts";

/** What a call runs with. */
export interface Call {
  session: Session;
  /** Aborts when the client cancels the call, and when the session ends. */
  signal: AbortSignal;
}

interface Described<S> {
  title: string;
  /** For the model. */
  description: string;
  inputSchema: S;
  annotations: ToolAnnotations;
}

/** One tool of the MCP server. */
export interface Tool extends Described<z.ZodObject> {
  name: string;
  run(input: never, call: Call): Promise<CallToolResult>;
}

type Given = string | ContentBlock[] | CallToolResult;

const resultOf = (given: Given): CallToolResult => {
  if (typeof given === "string") return { content: [text(given)] };
  return Array.isArray(given) ? { content: given } : given;
};

export const text = (text: string): ContentBlock => ({ type: "text", text });

export const json = (value: unknown): string => JSON.stringify(value, null, 1);

/** A failure is something the model reads and can act on, never an error of the protocol. */
const failed = (error: unknown): CallToolResult => ({ content: [text(failureText(error))], isError: true });

export const tool = <S extends z.ZodObject>(
  name: string,
  described: Described<S>,
  run: (input: z.output<S>, call: Call) => Promise<Given>,
): Tool => ({
  ...described,
  name,
  run: async (input: z.output<S>, call) => {
    try {
      return resultOf(await run(input, call));
    } catch (error) {
      return failed(error);
    }
  },
});

/** It looks and changes nothing. */
export const LOOKS: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };
/** It changes what is in a computer, and nothing outside the sandbox is lost. */
export const ACTS: ToolAnnotations = { readOnlyHint: false, destructiveHint: false, openWorldHint: false };
/** What it ends or overwrites is gone. */
export const DESTROYS: ToolAnnotations = { readOnlyHint: false, destructiveHint: true, openWorldHint: false };
/** What it does may reach the internet. */
export const outside = (annotations: ToolAnnotations): ToolAnnotations => ({ ...annotations, openWorldHint: true });
