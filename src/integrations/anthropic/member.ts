import { type BetaScreenshotResult, ToolError } from "@anthropic-ai/sdk/helpers/beta/toolsets";
import type { Computer } from "../../client/index.ts";
import { type ImageBlock, performAnthropic, type Shown, saidIn } from "../shared/anthropic.ts";
import { failureText } from "../shared/report.ts";

/** A member of one of Anthropic's toolsets, as a model calls it. */
export interface MemberUse {
  toolset_name: "computer" | "browser";
  name: string;
  input: object;
  /** The screen's size, as the model knows it. */
  display_width_px?: number;
  display_height_px?: number;
}

/** Has the service do it. Throws a ToolError, which the model reads, or what aborted it. */
export const perform = async <Block = never>(
  computer: Computer,
  use: MemberUse,
  signal: AbortSignal | null | undefined,
): Promise<Shown<Block>["content"]> => {
  // The SDK keeps the block's id to itself; the answer is read here.
  const block = { type: "tool_use", id: use.name, ...use };
  const { content, is_error } = await performAnthropic<Block>(computer, block, signal ?? undefined).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ToolError(failureText(error));
  });
  if (is_error) throw new ToolError(saidIn(content as { type: string }[]));
  return content;
};

/** The picture that a member gave, as the SDK takes it. */
export const pictureIn = (block: { type: string } | undefined): BetaScreenshotResult | undefined => {
  if (block?.type !== "image") return;
  const { data, media_type } = (block as ImageBlock).source;
  return { data, mediaType: media_type as NonNullable<BetaScreenshotResult["mediaType"]> };
};
