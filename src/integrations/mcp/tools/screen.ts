import type { ContentBlock } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Computer } from "../../../client/index.ts";
import { Action, MAX_ACTIONS } from "../../../contract/actions.ts";
import { which } from "../session.ts";
import { ACTS, json, LOOKS, outside, text, tool } from "../tool.ts";

/** Pixels of a picture's longer side, so that it costs a model no more than it shows. */
const LONGEST = 1280;
const QUALITY = 70;

/** The screen as a small JPEG, with what it takes to turn its coordinates into the screen's. */
const picture = async (computer: Computer, signal: AbortSignal): Promise<ContentBlock[]> => {
  const { width = LONGEST, height = LONGEST } = computer.browser?.viewport ?? {};
  const scale = Math.min(1, Math.max(0.05, LONGEST / Math.max(width, height)));
  const shot = await computer.screenshotIfChanged(undefined, { format: "jpeg", quality: QUALITY, scale, signal });
  // Nothing but a hash that we gave could be answered with nothing.
  const { data, media_type, width: w, height: h } = shot!;
  const said =
    scale === 1
      ? `The screen, ${w}x${h}; computer_act takes its coordinates.`
      : `The screen at ${w}x${h}; multiply coordinates by ${Number((1 / scale).toFixed(4))} for computer_act.`;
  return [{ type: "image", mimeType: media_type, data: data.toString("base64") }, text(said)];
};

const screenshot = tool(
  "screenshot",
  {
    title: "See the screen",
    description: `Gives a picture of a computer's whole screen, as a JPEG of at most about ${LONGEST} pixels.`,
    inputSchema: z.object(which),
    annotations: LOOKS,
  },
  async ({ computer }, { session, signal }) => picture(await session.computer(computer, signal), signal),
);

const act = tool(
  "computer_act",
  {
    title: "Use mouse and keyboard",
    description:
      'Does things at a computer\'s screen, one after another, until one fails; then gives a picture of the screen. Like [{"type":"click","x":400,"y":300},{"type":"type","text":"hello"},{"type":"key","keys":["Return"]},{"type":"scroll","dy":600},{"type":"navigate","url":"https://example.com"}].',
    inputSchema: z.object({
      ...which,
      actions: z.array(Action).min(1).max(MAX_ACTIONS),
      picture: z.boolean().default(true).describe("Give a picture of the screen afterwards"),
    }),
    annotations: outside(ACTS),
  },
  async ({ computer, actions, picture: wanted }, { session, signal }) => {
    const found = await session.computer(computer, signal);
    const { results } = await found.act(actions, { signal });
    const told = results.map(({ screenshot: _, ...result }) => result);
    const pictures = results.flatMap(({ screenshot }): ContentBlock[] =>
      screenshot ? [{ type: "image", mimeType: screenshot.media_type, data: screenshot.data }] : [],
    );
    const content = [text(json(told)), ...pictures];
    if (results.some(({ ok }) => !ok)) return { content, isError: true };
    return wanted ? [...content, ...(await picture(found, signal))] : content;
  },
);

export const SCREEN_TOOLS = [screenshot, act];
