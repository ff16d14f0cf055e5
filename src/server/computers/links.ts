import type { Power } from "../../contract/links.ts";
import type { LinkRecord } from "../store/links.ts";
import type { PortRecord } from "../store/ports.ts";
import { generateId } from "./names.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "./record.ts";

/** A link that has yet to be kept; without further words one that grants all of its power for as long as the computer exists. */
export const newLink = (computerId: string, power: Power, limits: Partial<LinkRecord> = {}): LinkRecord => ({
  expires_at: null,
  port: null,
  terminal: null,
  read_only: 0,
  one_time: 0,
  own: 0,
  ...limits,
  id: generateId("lnk"),
  computer_id: computerId,
  power,
  uses: 0,
  created_at: new Date().toISOString(),
});

/** The links that the URLs in a computer's own record carry. */
export const ownLinks = (record: ComputerRecord, ports: readonly PortRecord[]): LinkRecord[] => {
  const powers = [...(hasBrowser(record) ? (["cdp"] as const) : []), ...(hasDisplay(record) ? (["control", "view"] as const) : [])];
  const guarded = ports.filter((port) => !port.public);
  return [
    ...powers.map((power) => newLink(record.id, power, { own: 1 })),
    ...guarded.map(({ port }) => newLink(record.id, "port", { port, own: 1 })),
  ];
};
