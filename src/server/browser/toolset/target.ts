import { z } from "zod";
import { ToolFailure } from "./failure.ts";
import type { CdpSession } from "./ports.ts";
import { type Element, stale } from "./refs.ts";
import type { Tab } from "./tab.ts";

export const CoordinateTarget = z.object({ type: z.literal("coordinate"), x: z.number(), y: z.number() });
export const RefTarget = z.object({ type: z.literal("ref"), ref: z.string().max(32) });
export const Target = z.discriminatedUnion("type", [CoordinateTarget, RefTarget]);
export type Target = z.output<typeof Target>;

export interface Point {
  x: number;
  y: number;
}

/** The element that holds the frame which a session is of, or null for the tab's own. */
const holderOf = async (tab: Tab, session: CdpSession, signal: AbortSignal): Promise<Element | null> => {
  if (session === tab.session) return null;
  const frameId = [...tab.frames].find(([, known]) => known === session)?.[0];
  for (const outer of [tab.session, ...tab.frames.values()]) {
    if (outer === session || frameId === undefined) continue;
    const owner = await outer.send("DOM.getFrameOwner", { frameId }, { signal }).catch(() => null);
    if (owner) return { session: outer, backendNodeId: owner.backendNodeId };
  }
  throw new ToolFailure("The frame of this element is gone. Call read_page.");
};

/** Where the viewport of a frame in a process of its own lies in the tab's. */
const originOf = async (tab: Tab, session: CdpSession, signal: AbortSignal): Promise<Point> => {
  const holder = await holderOf(tab, session, signal);
  if (!holder) return { x: 0, y: 0 };
  const { model } = await holder.session.send("DOM.getBoxModel", { backendNodeId: holder.backendNodeId }, { signal });
  const around = await originOf(tab, holder.session, signal);
  return { x: around.x + model.content[0], y: around.y + model.content[1] };
};

const PAINTED = "new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 250); })";

/** Brings an element into view, and before it the frames it is in. Throws ToolFailure when it is gone or has no box. */
export const reveal = async (tab: Tab, { session, backendNodeId }: Element, ref: string, signal: AbortSignal): Promise<void> => {
  const holder = await holderOf(tab, session, signal);
  if (holder) await reveal(tab, holder, ref, signal);
  try {
    await session.send("DOM.scrollIntoViewIfNeeded", { backendNodeId }, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    if (/layout object/i.test(String(error))) throw new ToolFailure(`${ref} is not shown: it has no place on the page.`);
    throw stale(ref);
  }
  // From one process to the next a scroll takes until the next frame.
  if (holder) await tab.session.send("Runtime.evaluate", { expression: PAINTED, awaitPromise: true }, { signal });
};

/** The viewport's point that a target means: of an element the middle of what is seen, once it was brought into view. */
export const pointOf = async (tab: Tab, target: Target, signal: AbortSignal): Promise<Point> => {
  const { cssLayoutViewport } = await tab.session.send("Page.getLayoutMetrics", {}, { signal });
  const { clientWidth: width, clientHeight: height } = cssLayoutViewport as { clientWidth: number; clientHeight: number };
  if (target.type === "coordinate") {
    if (target.x < 0 || target.y < 0 || target.x >= width || target.y >= height)
      throw new ToolFailure(`The point ${target.x},${target.y} lies outside the viewport of ${width}x${height}.`);
    return { x: target.x, y: target.y };
  }
  const element = tab.refs.get(target.ref);
  await reveal(tab, element, target.ref, signal);
  const { quads } = (await element.session.send("DOM.getContentQuads", { backendNodeId: element.backendNodeId }, { signal })) as {
    quads: number[][];
  };
  const origin = await originOf(tab, element.session, signal);
  for (const quad of quads) {
    const xs = [0, 2, 4, 6].map((i) => origin.x + (quad[i] ?? 0));
    const ys = [1, 3, 5, 7].map((i) => origin.y + (quad[i] ?? 0));
    const [left, right] = [Math.max(0, Math.min(...xs)), Math.min(width, Math.max(...xs))];
    const [top, bottom] = [Math.max(0, Math.min(...ys)), Math.min(height, Math.max(...ys))];
    if (right - left >= 1 && bottom - top >= 1) return { x: (left + right) / 2, y: (top + bottom) / 2 };
  }
  throw new ToolFailure(`${target.ref} is not shown: nothing of it can be brought into the viewport.`);
};
