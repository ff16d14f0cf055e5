import type { Computer } from "../../contract/computer.ts";

const WORDS: Record<keyof Computer["connections"], readonly [one: string, many: string]> = {
  cdp: ["CDP client", "CDP clients"],
  viewers: ["viewer", "viewers"],
  terminals: ["terminal", "terminals"],
  commands: ["command", "commands"],
};

/** Who is connected to a computer, as in `1 CDP client, 2 viewers`; empty when nobody is. */
export const connected = (connections: Computer["connections"]): string =>
  (Object.keys(WORDS) as (keyof typeof WORDS)[])
    .filter((kind) => connections[kind] > 0)
    .map((kind) => `${connections[kind]} ${WORDS[kind][connections[kind] === 1 ? 0 : 1]}`)
    .join(", ");
