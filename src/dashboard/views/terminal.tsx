import type { Computer } from "../../contract/computer.ts";
import { terminalPath } from "../words/paths.ts";

/** A shell in the computer, in a page of its own, because xterm makes style sheets as it goes, which this page's policy forbids. */
export const Terminal = ({ computer: { id, name, status } }: { computer: Computer }) => {
  if (status !== "running") return <p class="quiet">The computer does not run. Start it to have a terminal.</p>;
  return <iframe class="live" src={terminalPath(id)} title={`Terminal of ${name}`} allow="clipboard-read; clipboard-write" />;
};
