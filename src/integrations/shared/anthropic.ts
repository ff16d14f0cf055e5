import type { Computer } from "../../client/index.ts";

export type TextBlock = { type: "text"; text: string };
export type ImageBlock = { type: "image"; source: { media_type: string; data: string } };

/** What the service answers to one of Anthropic's blocks. `Block` is what else may be among it. */
export interface Shown<Block = never> {
  content: (TextBlock | ImageBlock | Block)[];
  is_error?: boolean;
}

/** Has the service do one of Anthropic's blocks. */
export const performAnthropic = async <Block = never>(
  computer: Computer,
  input: object,
  signal: AbortSignal | undefined,
): Promise<Shown<Block>> => (await computer.act(input, { dialect: "anthropic", signal })) as Shown<Block>;

/** All that is said in an answer. */
export const saidIn = (content: readonly { type: string; text?: string }[]): string =>
  content.flatMap(({ type, text }) => (type === "text" && text !== undefined ? [text] : [])).join("\n");
