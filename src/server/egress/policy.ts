import {
  type CidrEntry,
  type NameEntry,
  type NetworkPolicy,
  parseCidrEntry,
  parseNameEntry,
  type Refusal,
} from "../../contract/network.ts";
import type { Address } from "./address.ts";
import { type FloorName, isPrivateRange, Ranges } from "./floors.ts";

/** Where a program of the guest wants to go. */
export interface Target {
  address: Address;
  port: number;
  /** The floor that the address is below. */
  floor: FloorName | null;
  /** Names that it was given as the answer for. */
  names: readonly string[];
}

/** What a connection's first bytes say. */
export interface Said {
  protocol: "tls" | "http" | "h2c" | "other";
  /** The server that it names: by TLS's SNI, by HTTP's Host. */
  name: string | null;
}

interface Range extends CidrEntry {
  ranges: Ranges;
  opensPrivate: boolean;
}
/** A NetworkPolicy, ready to be asked. */
export interface Policy {
  mode: NetworkPolicy["mode"];
  allow: readonly NameEntry[];
  deny: readonly NameEntry[];
  allowCidrs: readonly Range[];
  denyCidrs: readonly Range[];
  hostPorts: ReadonlySet<number>;
}

const compileRange = (text: string): Range => {
  const entry = parseCidrEntry(text)!;
  return { ...entry, ranges: new Ranges([`${entry.address}/${entry.bits}`]), opensPrivate: isPrivateRange(entry) };
};

export const compile = (policy: NetworkPolicy): Policy => ({
  mode: policy.mode,
  allow: policy.allow.map((text) => parseNameEntry(text)!),
  deny: policy.deny.map((text) => parseNameEntry(text)!),
  allowCidrs: policy.allow_cidrs.map(compileRange),
  denyCidrs: policy.deny_cidrs.map(compileRange),
  hostPorts: new Set(policy.host_ports),
});

const covers = (entry: NameEntry, name: string): boolean =>
  entry.name === "" || (entry.below ? name.endsWith(`.${entry.name}`) : name === entry.name);
const onPort = (entry: { port: number | null }, port: number): boolean => entry.port === null || entry.port === port;
const inRange = (list: readonly Range[], { address }: Pick<Target, "address">, port: number | null): Range | undefined =>
  list.find((entry) => (port === null || onPort(entry, port)) && entry.ranges.has(address));

/** Ports on which nothing but TLS and HTTP is let through by a name. */
const WEB_PORTS = new Set([80, 443]);

/** May a name be asked for, or connected to at `port`? A name that is open on some port may be asked for. */
export const judgeName = (policy: Policy, name: string, port: number | null = null): Refusal | null => {
  if (policy.mode === "off") return { rule: "off", reason: "the network is off" };
  const denied = policy.deny.find((entry) => (port === null ? entry.port === null : onPort(entry, port)) && covers(entry, name));
  if (denied) return { rule: "deny", reason: `${denied.text} is denied` };
  if (policy.mode === "open" || policy.allow.some((entry) => (port === null || onPort(entry, port)) && covers(entry, name))) return null;
  return { rule: "allow", reason: "the name is not allowed" };
};

/** May an address be reached by any means? `port` null: as the answer to a question. */
export const judgeAddress = (policy: Policy, target: Pick<Target, "address" | "floor">, port: number | null): Refusal | null => {
  const { floor } = target;
  if (floor === "private") {
    if (
      !inRange(
        policy.allowCidrs.filter((entry) => entry.opensPrivate),
        target,
        port,
      )
    )
      return { rule: "floor", reason: "a private address, which no entry of allow_cidrs opens" };
  } else if (floor) return { rule: "floor", reason: floor === "host" ? "an address of the host" : `a ${floor} address` };
  if (policy.mode === "off") return { rule: "off", reason: "the network is off" };
  const denied = inRange(policy.denyCidrs, target, port);
  return denied ? { rule: "deny_cidrs", reason: `${denied.text} is denied` } : null;
};

/** May an address be given out as the answer for a name? One that no policy opens, for a name that anybody may own, is an attempt to get at it. */
export const judgeAnswer = (policy: Policy, target: Pick<Target, "address" | "floor">): Refusal | null => {
  const refused = judgeAddress(policy, target, null);
  return refused && { rule: refused.rule === "floor" ? "rebinding" : refused.rule, reason: `the name's answer is ${refused.reason}` };
};

const allowedByRange = (policy: Policy, target: Target): boolean =>
  policy.mode === "restricted" && inRange(policy.allowCidrs, target, target.port) !== undefined;

/**
 * What to do with a connection of which no byte is known: `dial`, which its first bytes may still end, or, where the address says nothing, `ask` first
 * what it names.
 */
export const judgeTarget = (policy: Policy, target: Target): Refusal | "dial" | "ask" => {
  const { port, names } = target;
  const refused = judgeAddress(policy, target, port);
  if (refused) return refused;
  if (allowedByRange(policy, target)) return "dial";
  const judged = names.map((name) => judgeName(policy, name, port));
  if (judged.includes(null)) return "dial";
  const first = judged[0];
  if (first) return first;
  if (policy.mode === "open") return "dial";
  // What was never asked for, like after a restart of the service, may still be said.
  if (policy.allow.some((entry) => onPort(entry, port))) return "ask";
  return { rule: "allow", reason: "neither a name nor an entry of allow_cidrs opens the address" };
};

/** The last word on a connection, when what it says is known. A name counts where the address was given as an answer for it. */
export const judgeSaid = (policy: Policy, target: Target, { protocol, name }: Said): Refusal | null => {
  const before = judgeTarget(policy, target);
  if (typeof before === "object") return before;
  const refused = name === null ? null : judgeName(policy, name, target.port);
  if (refused?.rule === "deny") return refused;
  if (policy.mode === "open") return name === null ? denied(policy, target) : null;
  if (allowedByRange(policy, target)) return null;
  if (protocol === "h2c") return { rule: "protocol", reason: "HTTP/2 without TLS, whose requests cannot be told apart" };
  if (protocol === "other") {
    if (WEB_PORTS.has(target.port)) return { rule: "protocol", reason: `neither TLS nor HTTP on port ${target.port}` };
    return before === "dial" ? null : { rule: "allow", reason: "neither a name nor an entry of allow_cidrs opens the address" };
  }
  if (name === null) return { rule: "nameless", reason: protocol === "tls" ? "TLS that names no server (SNI)" : "HTTP that names no host" };
  if (refused) return refused;
  return target.names.includes(name) ? null : { rule: "mismatch", reason: "the name it says was not answered with this address" };
};

/** Of an address that says nothing of itself: deny wins over other names for it. */
const denied = (policy: Policy, { names, port }: Target): Refusal | null => {
  for (const name of names) {
    const refused = judgeName(policy, name, port);
    if (refused) return refused;
  }
  return null;
};

/** A port of the host's loopback, through the host alias. `own` is that of the service itself, which no computer reaches. */
export const judgeHostPort = (policy: Policy, port: number, own: number | null): Refusal | null => {
  if (port === own) return { rule: "host_ports", reason: "the service's own port" };
  return policy.hostPorts.has(port) ? null : { rule: "host_ports", reason: `host_ports does not name port ${port}` };
};

/** Whether each HTTP request of a connection is judged, and not its first alone. */
export const judgesRequests = (policy: Policy, target: Target): boolean => policy.mode === "restricted" && !allowedByRange(policy, target);
