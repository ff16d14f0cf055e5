import { type FrameView, localFrames, MAX_FRAMES, remoteFrame } from "./frames.ts";
import type { CdpConnection, CdpSession } from "./ports.ts";

/** A node of the page as assistive technology sees it. Its words are the page's. */
export interface PageNode {
  role: string;
  name: string;
  value: string;
  /** `checked`, `level=2` and the like. */
  states: string[];
  focusable: boolean;
  frame: FrameView;
  /** Absent when the node is no element's. */
  backendNodeId?: number;
  children: PageNode[];
}

interface Value {
  value?: unknown;
}
interface AxNode {
  nodeId: string;
  ignored: boolean;
  role?: Value;
  name?: Value;
  value?: Value;
  properties?: { name: string; value: Value }[];
  childIds?: string[];
  backendDOMNodeId?: number;
}

/** Deeper than pages are; a page that nests without end is cut. */
const MAX_DEPTH = 400;
const MAX_WORDS = 2000;
const words = (value: Value | undefined): string => String(value?.value ?? "").slice(0, MAX_WORDS);

/** States that say something when they are true. */
const FLAGS = new Set(["focused", "disabled", "required", "readonly", "multiselectable", "modal", "busy", "selected"]);
/** States whose value says something. */
const VALUED = new Set(["checked", "pressed", "expanded", "level", "invalid", "hasPopup", "valuemin", "valuemax"]);

const states = (properties: AxNode["properties"] = []): string[] =>
  properties.flatMap(({ name, value: { value } }) => {
    if (FLAGS.has(name)) return value === true ? [name] : [];
    if (!VALUED.has(name) || value === undefined || value === "" || (name === "invalid" && value === "false")) return [];
    return [`${name}=${String(value).slice(0, 40)}`];
  });

/** What to look up while a tree is put together. */
interface Build {
  cdp: CdpConnection;
  remote: Map<string, CdpSession>;
  signal: AbortSignal;
  /** Documents by the element that holds them, of one session. */
  owned: Map<number, FrameView>;
}

const treeOf = async (view: FrameView, build: Build, depth: number): Promise<PageNode[]> => {
  const { nodes } = (await view.session.send("Accessibility.getFullAXTree", { frameId: view.frameId }, { signal: build.signal })) as {
    nodes: AxNode[];
  };
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const holders: { node: PageNode; backendNodeId: number; depth: number }[] = [];

  const make = (node: AxNode | undefined, at: number): PageNode[] => {
    if (!node || at > MAX_DEPTH) return [];
    const children = (node.childIds ?? []).flatMap((id) => make(byId.get(id), at + 1));
    if (node.ignored) return children;
    const made: PageNode = {
      role: words(node.role),
      name: words(node.name),
      value: words(node.value),
      states: states(node.properties),
      focusable: node.properties?.some(({ name, value }) => name === "focusable" && value.value === true) ?? false,
      frame: view,
      ...(node.backendDOMNodeId !== undefined && { backendNodeId: node.backendDOMNodeId }),
      children,
    };
    if (made.role === "Iframe" && node.backendDOMNodeId !== undefined)
      holders.push({ node: made, backendNodeId: node.backendDOMNodeId, depth: at });
    return [made];
  };

  const made = make(nodes[0], depth);
  for (const { node, backendNodeId, depth: at } of holders) {
    const inside = build.owned.get(backendNodeId) ?? (await remoteFrame(build.cdp, build.remote, view, backendNodeId, build.signal));
    if (!inside) continue;
    node.children.push(...(await (inside.session === view.session ? treeOf(inside, build, at + 1) : remoteTree(inside, build, at + 1))));
  }
  return made;
};

/** Of a frame in another process, which may have gone since it was attached to. */
const remoteTree = async (root: FrameView, build: Build, depth: number): Promise<PageNode[]> => {
  try {
    return await treeOf(root, { ...build, owned: await owners(root, build.signal) }, depth);
  } catch (error) {
    if (build.signal.aborted) throw error;
    build.remote.delete(root.frameId);
    return [];
  }
};

/** The documents that a session's process has below its root, by the element which holds each. */
const owners = async (root: FrameView, signal: AbortSignal): Promise<Map<number, FrameView>> => {
  const [, ...frames] = await localFrames(root.session, root.origin, signal);
  const owned = new Map<number, FrameView>();
  for (const frame of frames) {
    // One that went meanwhile is not read.
    const owner = await root.session.send("DOM.getFrameOwner", { frameId: frame.frameId }, { signal }).catch(() => null);
    if (owner) owned.set(owner.backendNodeId, frame);
  }
  return owned;
};

/** The whole page, its frames and shadow trees included. `remote` keeps sessions with frames in processes of their own. */
export const readTree = async (
  cdp: CdpConnection,
  session: CdpSession,
  remote: Map<string, CdpSession>,
  signal: AbortSignal,
): Promise<PageNode[]> => {
  // Frames that came and went since: those that are there are attached to anew.
  if (remote.size >= MAX_FRAMES) remote.clear();
  const [root] = await localFrames(session, { x: 0, y: 0 }, signal);
  return root ? treeOf(root, { cdp, remote, signal, owned: await owners(root, signal) }, 0) : [];
};
