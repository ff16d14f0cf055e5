import type { CdpConnection, CdpSession } from "./ports.ts";

/** A document of the page: its frame, the session it answers to, and where that session's own viewport lies in the tab's. */
export interface FrameView {
  session: CdpSession;
  frameId: string;
  origin: { x: number; y: number };
}

/** More frames than a page that is read needs. */
export const MAX_FRAMES = 50;

interface FrameTree {
  frame: { id: string };
  childFrames?: FrameTree[];
}

const local = ({ frame, childFrames = [] }: FrameTree): string[] => [frame.id, ...childFrames.flatMap(local)];

/** The frames that a session's process has, of which the first is its root. */
export const localFrames = async (session: CdpSession, origin: FrameView["origin"], signal: AbortSignal): Promise<FrameView[]> => {
  const { frameTree } = await session.send("Page.getFrameTree", {}, { signal });
  return local(frameTree)
    .slice(0, MAX_FRAMES)
    .map((frameId) => ({ session, frameId, origin }));
};

/**
 * The document in a frame element that a process of its own renders, or null when there is none. `from` is the frame the element is in.
 * `attached` keeps the sessions with such frames, which live as long as the tab's.
 */
export const remoteFrame = async (
  cdp: CdpConnection,
  attached: Map<string, CdpSession>,
  from: FrameView,
  backendNodeId: number,
  signal: AbortSignal,
): Promise<FrameView | null> => {
  const { node } = await from.session.send("DOM.describeNode", { backendNodeId }, { signal });
  if (!node.frameId || node.contentDocument || attached.size >= MAX_FRAMES) return null;
  const session = attached.get(node.frameId) ?? (await cdp.attach(node.frameId, signal).catch(() => null));
  if (!session) return null;
  attached.set(node.frameId, session);
  const { model } = await from.session.send("DOM.getBoxModel", { backendNodeId }, { signal });
  const [x = 0, y = 0] = model.content as number[];
  return { session, frameId: node.frameId, origin: { x: from.origin.x + x, y: from.origin.y + y } };
};
