import { oneLine } from "../../text.ts";
import type { PageNode } from "./ax-tree.ts";
import type { Refs } from "./refs.ts";

const INTERACTIVE = new Set([
  "button",
  "checkbox",
  "combobox",
  "link",
  "listbox",
  "menuitem",
  "menuitemcheckbox",
  "menuitemradio",
  "option",
  "radio",
  "searchbox",
  "slider",
  "spinbutton",
  "switch",
  "tab",
  "textbox",
  "treeitem",
]);
/** Chromium's own names for what has another one elsewhere. */
const ROLES: Record<string, string> = { RootWebArea: "document", StaticText: "text", LabelText: "label", Iframe: "iframe" };
/** Boxes that say nothing by themselves. */
const PLAIN = new Set(["none", "generic", "presentation", "sectionheader", "sectionfooter"]);
/** Pieces of what is said already. */
const PIECES = new Set(["inlinetextbox", "linebreak", "listmarker"]);

const MAX_NAME = 300;

export const roleOf = ({ role }: PageNode): string => (Object.hasOwn(ROLES, role) ? ROLES[role]! : oneLine(role, 40).toLowerCase());

export const isInteractive = (node: PageNode): boolean => {
  const role = roleOf(node);
  if (role === "document" || role === "iframe") return false;
  return INTERACTIVE.has(role) || /^(textfield|popupbutton|menulistpopup|colorwell|date|datetime|inputtime)/.test(role) || node.focusable;
};
/** It is left out, and its children stand in its place. */
export const isPlain = (node: PageNode): boolean => PLAIN.has(roleOf(node)) && node.name === "" && !node.focusable;
export const isPiece = (node: PageNode): boolean => PIECES.has(roleOf(node));

/** One node on one line: `textbox "City" [ref_4] value="Brno" required`. A text that stands for itself has no reference. */
export const lineOf = (node: PageNode, refs: Refs): string => {
  const { name, value, states, frame, backendNodeId } = node;
  const role = roleOf(node);
  const ref = role !== "text" && backendNodeId !== undefined ? refs.nameOf({ session: frame.session, backendNodeId }) : undefined;
  return [
    role,
    ...(name ? [JSON.stringify(oneLine(name, MAX_NAME))] : []),
    ...(ref ? [`[${ref}]`] : []),
    ...(value && value !== name ? [`value=${JSON.stringify(oneLine(value, MAX_NAME))}`] : []),
    ...states.map((state) => oneLine(state, 80)),
  ].join(" ");
};
