import { oneLine } from "../../text.ts";
import { type PageNode, readTree } from "./ax-tree.ts";
import { isInteractive, isPiece, isPlain, lineOf, roleOf } from "./lines.ts";
import type { CdpConnection } from "./ports.ts";
import type { Tab } from "./tab.ts";

const MOST = 20;
/** What people call elements, by role. */
const CALLED: Record<string, string> = {
  textbox: "field input text box bar",
  searchbox: "search field input box bar",
  combobox: "select dropdown field menu",
  button: "button",
  link: "link",
  checkbox: "checkbox check box tick",
  radio: "radio option choice",
  image: "image picture icon logo",
  heading: "heading title",
  tab: "tab",
  slider: "slider range",
  iframe: "frame",
};
const IDLE = new Set(["the", "a", "an", "to", "of", "in", "on", "for", "and", "or", "with", "that", "this", "element", "all", "any"]);

const tokens = (text: string): string[] =>
  (
    text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).filter((word) => !IDLE.has(word));

/** How well a node answers to the words: its name says most, its kind and value less. */
const score = (node: PageNode, wanted: string[]): number => {
  const role = roleOf(node);
  const name = new Set(tokens(node.name));
  const rest = new Set(tokens(`${role} ${CALLED[role] ?? ""} ${node.value} ${node.states.join(" ")}`));
  let points = 0;
  for (const word of wanted) {
    if (name.has(word)) points += 3;
    else if (word.length > 2 && [...name].some((other) => other.startsWith(word) || (other.length > 2 && word.startsWith(other))))
      points += 2;
    else if (rest.has(word)) points += 1;
  }
  if (points === 0) return 0;
  // Of two that match alike, the one that can be acted on and says little else.
  return points + (isInteractive(node) ? 0.9 : 0) - Math.min(0.5, name.size / 100);
};

/** The elements whose role, name and value match the words best, on and off the screen. A match of words, not of meaning: there is no model here. */
export const find = async (cdp: CdpConnection, tab: Tab, query: string, signal: AbortSignal): Promise<string> => {
  const wanted = [...new Set(tokens(query))].slice(0, 50);
  const found: { node: PageNode; points: number }[] = [];
  const stack = (await readTree(cdp, tab.session, tab.frames, signal)).toReversed();
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const child of node.children.toReversed()) stack.push(child);
    if (isPiece(node) || isPlain(node) || node.role === "StaticText" || node.role === "RootWebArea" || node.backendNodeId === undefined)
      continue;
    const points = score(node, wanted);
    if (points > 0) found.push({ node, points });
  }
  const best = found.sort((a, b) => b.points - a.points).slice(0, MOST);
  if (best.length === 0) return `Nothing matches ${JSON.stringify(oneLine(query, 200))}. Try other words, or read_page.`;
  return best.map(({ node }) => lineOf(node, tab.refs)).join("\n");
};
