import type { FrameView } from "./frames.ts";
import type { CdpSession } from "./ports.ts";

interface Documents {
  documents: {
    frameId: number;
    scrollOffsetX: number;
    scrollOffsetY: number;
    nodes: { backendNodeId: number[]; contentDocumentIndex?: { index: number[]; value: number[] } };
    layout: { nodeIndex: number[]; bounds: number[][] };
  }[];
}

interface Point {
  x: number;
  y: number;
}

/** The nodes of one session's documents that lie within the tab's viewport. `origin` is where the first of the documents begins in it. */
const seen = ({ documents }: Documents, origin: Point, viewport: { width: number; height: number }): Set<number> => {
  const found = new Set<number>();
  const origins: (Point | undefined)[] = [origin];
  // A document's holder comes before the document, so one pass finds every origin.
  for (const [i, { scrollOffsetX, scrollOffsetY, nodes, layout }] of documents.entries()) {
    const at = origins[i];
    if (!at) continue;
    const holds = new Map(nodes.contentDocumentIndex?.index.map((node, n) => [node, nodes.contentDocumentIndex!.value[n]!]));
    for (const [n, node] of layout.nodeIndex.entries()) {
      const [left = 0, top = 0, width = 0, height = 0] = layout.bounds[n] ?? [];
      const x = at.x + left - scrollOffsetX;
      const y = at.y + top - scrollOffsetY;
      const inner = holds.get(node);
      if (inner !== undefined) origins[inner] = { x, y };
      const outside = width <= 0 || height <= 0 || x >= viewport.width || y >= viewport.height || x + width <= 0 || y + height <= 0;
      if (!outside) found.add(nodes.backendNodeId[node]!);
    }
  }
  return found;
};

/** The nodes of a page that lie within the tab's viewport, by the session that has them. */
export const seenNodes = async (
  session: CdpSession,
  frames: Iterable<FrameView>,
  signal: AbortSignal,
): Promise<Map<CdpSession, Set<number>>> => {
  const { cssLayoutViewport } = await session.send("Page.getLayoutMetrics", {}, { signal });
  const viewport = { width: cssLayoutViewport.clientWidth as number, height: cssLayoutViewport.clientHeight as number };
  const found = new Map<CdpSession, Set<number>>();
  for (const { session, origin } of frames) {
    if (found.has(session)) continue;
    const snapshot = await session.send("DOMSnapshot.captureSnapshot", { computedStyles: [] }, { signal });
    found.set(session, seen(snapshot, origin, viewport));
  }
  return found;
};
