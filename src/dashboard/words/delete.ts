import type { Computer } from "../../contract/computer.ts";
import { connected } from "./connected.ts";
import { size } from "./time.ts";

/** What goes when a computer is deleted, and what stays. */
export const goesWith = ({
  connections,
  workspace_used_bytes,
  recordings,
  published_ports,
}: Pick<Computer, "connections" | "workspace_used_bytes" | "recordings" | "published_ports">): string[] => {
  const who = connected(connections);
  const ports = published_ports.map(({ port }) => port).join(", ");
  const films = recordings.length === 1 ? "Its recording stays" : `Its ${recordings.length} recordings stay`;
  return [
    `Its files${workspace_used_bytes > 0 ? ` (${size(workspace_used_bytes)})` : ""}, its memory and its snapshots go, and cannot be brought back.`,
    `Its links open nothing any more${ports === "" ? "" : `, nor do its ports (${ports})`}.`,
    ...(who === "" ? [] : [`Connected now, and cut off: ${who}.`]),
    ...(recordings.length === 0 ? [] : [`${films}, and can be fetched by the API.`]),
  ];
};
