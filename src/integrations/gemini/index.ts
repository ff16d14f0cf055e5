/** Computers for Google's Gen AI SDK: answers to the calls of Gemini's computer use, and functions that the SDK calls. */
export type { CommandOptions, OneShotOptions } from "../shared/functions.ts";
export { type AnswerOptions, answerFunctionCalls, type SafetyDecision } from "./computer.ts";
export { oneShotTool, vitrineTools } from "./tools.ts";
