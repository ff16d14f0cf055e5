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

/** Who is connected to all of them together. */
export const connectedToAll = (computers: readonly Pick<Computer, "connections">[]): string => {
  const sum = { cdp: 0, viewers: 0, terminals: 0, commands: 0 };
  for (const { connections } of computers) for (const kind of Object.keys(sum) as (keyof typeof sum)[]) sum[kind] += connections[kind];
  return connected(sum);
};
