import { type PageNode, readTree } from "./ax-tree.ts";
import { MAX_TEXT } from "./failure.ts";
import type { FrameView } from "./frames.ts";
import { isInteractive, isPiece, isPlain, lineOf } from "./lines.ts";
import type { CdpConnection, CdpSession } from "./ports.ts";
import { stale } from "./refs.ts";
import type { Tab } from "./tab.ts";
import { seenNodes } from "./visible.ts";

export interface ReadPage {
  filter?: "all" | "interactive" | null;
  depth?: number | null;
  ref?: string | null;
}

const DEFAULT_DEPTH = 15;
const CUT = `(cut at ${MAX_TEXT} characters; narrow it with ref, a smaller depth or filter "interactive")`;

/** The lines of a page, as many as an answer holds. */
class Page {
  #lines: string[] = [];
  #left = MAX_TEXT - CUT.length - 1;
  full = false;

  add(line: string): void {
    if (this.full || line.length >= this.#left) {
      this.full = true;
      return;
    }
    this.#lines.push(line);
    this.#left -= line.length + 1;
  }

  toString(): string {
    return (this.full ? [...this.#lines, CUT] : this.#lines).join("\n");
  }
}

const find = (nodes: PageNode[], session: CdpSession, backendNodeId: number): PageNode | undefined => {
  const stack = [...nodes];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (node.backendNodeId === backendNodeId && node.frame.session === session) return node;
    for (const child of node.children) stack.push(child);
  }
  return undefined;
};

const framesOf = (nodes: PageNode[]): Set<FrameView> => {
  const frames = new Set<FrameView>();
  const stack = [...nodes];
  for (let node = stack.pop(); node; node = stack.pop()) {
    frames.add(node.frame);
    for (const child of node.children) stack.push(child);
  }
  return frames;
};

/** Those of the tree that are seen: in the viewport themselves, or around something that is. */
const seenIn = async (nodes: PageNode[], tab: Tab, signal: AbortSignal): Promise<PageNode[]> => {
  const seen = await seenNodes(tab.session, framesOf(nodes), signal);
  const keep = (node: PageNode): PageNode[] => {
    const children = node.children.flatMap(keep);
    const own = node.backendNodeId !== undefined && seen.get(node.frame.session)?.has(node.backendNodeId);
    return own || children.length > 0 ? [{ ...node, children }] : [];
  };
  return nodes.flatMap(keep);
};

/**
 * The accessibility tree of the page, one element a line, each with a reference. Without a filter what is in the viewport; with `ref` all that is
 * below that element. Throws ToolFailure on a reference that is stale.
 */
export const readPage = async (cdp: CdpConnection, tab: Tab, { filter, depth, ref }: ReadPage, signal: AbortSignal): Promise<string> => {
  const root = ref ? tab.refs.get(ref) : undefined;
  const whole = await readTree(cdp, tab.session, tab.frames, signal);
  const from = root && find(whole, root.session, root.backendNodeId);
  if (ref && !from) throw stale(ref);
  const nodes = from ? [from] : filter === "all" ? whole : await seenIn(whole, tab, signal);
  const page = new Page();
  const limit = depth ?? DEFAULT_DEPTH;
  const print = (node: PageNode, level: number, around: string): void => {
    if (page.full || level >= limit || isPiece(node)) return;
    const listed =
      filter === "interactive" ? isInteractive(node) : !isPlain(node) && !(node.role === "StaticText" && around.includes(node.name));
    if (listed) page.add((filter === "interactive" ? "" : "  ".repeat(level)) + lineOf(node, tab.refs));
    for (const child of node.children) print(child, isPlain(node) ? level : level + 1, node.name || (isPlain(node) ? around : ""));
  };
  for (const node of nodes) print(node, 0, "");
  return page.toString();
};
