import { HOST_ALIAS } from "../../../src/contract/guest/protocol.ts";
import { NetworkPolicy, type Refusal, type Refused, type Rule } from "../../../src/contract/network.ts";
import { readAddress } from "../../../src/server/egress/address.ts";
import { floorOf } from "../../../src/server/egress/floors.ts";
import { compile, judgeHostPort, judgeName, judgeSaid, judgeTarget, type Said } from "../../../src/server/egress/policy.ts";

/** The decision table: tested as it is, and rendered into docs/egress.md. */
export const POLICIES = {
  open: { mode: "open", host_ports: [8080] },
  "open, with denials": { mode: "open", deny: ["*.ads.test", "good.test:25"], deny_cidrs: ["93.184.215.0/28"], host_ports: [8080] },
  restricted: {
    mode: "restricted",
    allow: ["good.test", "*.good.test", "mail.test:25"],
    deny: ["bad.good.test"],
    allow_cidrs: ["10.1.0.0/16", "93.184.216.0/24:443", "0.0.0.0/0:9"],
    host_ports: [8080],
  },
  off: { mode: "off", host_ports: [8080] },
} as const satisfies Record<string, Parameters<typeof NetworkPolicy.parse>[0]>;
export type PolicyName = keyof typeof POLICIES;

export type Try =
  /** Asks for a name. */
  | { ask: string }
  /** Dials an address that was answered for these names, and says this. */
  | { dial: string; port: number; names?: string[]; says?: Said };
/** `yes`, or the rule that refuses. */
export type Outcome = "yes" | Rule;
export interface Case {
  what: string;
  does: Try;
  outcomes: Record<PolicyName, Outcome>;
}

const PUBLIC = "93.184.215.20";
const tls = (name: string | null): Said => ({ protocol: "tls", name });
const http = (name: string | null): Said => ({ protocol: "http", name });
const other: Said = { protocol: "other", name: null };
const same = (outcome: Outcome): Case["outcomes"] => ({ open: outcome, "open, with denials": outcome, restricted: outcome, off: outcome });
const floor = (what: string, dial: string): Case => ({ what: `${what}: ${dial}`, does: { dial, port: 80 }, outcomes: same("floor") });
const notation = (what: string, dial: string): Case => ({ what: `${what}: ${dial}`, does: { dial, port: 80 }, outcomes: same("address") });
const row = (what: string, does: Try, open: Outcome, denials: Outcome, restricted: Outcome, off: Outcome = "off"): Case => ({
  what,
  does,
  outcomes: { open, "open, with denials": denials, restricted, off },
});

export const CASES: readonly Case[] = [
  row("DNS: good.test", { ask: "good.test" }, "yes", "yes", "yes"),
  row("DNS: a.b.good.test, below *.good.test", { ask: "a.b.good.test" }, "yes", "yes", "yes"),
  row("DNS: notgood.test", { ask: "notgood.test" }, "yes", "yes", "allow"),
  row("DNS: x.ads.test, below *.ads.test", { ask: "x.ads.test" }, "yes", "deny", "allow"),
  row("DNS: ads.test, which *.ads.test is not", { ask: "ads.test" }, "yes", "yes", "allow"),
  row("DNS: bad.good.test, allowed and denied", { ask: "bad.good.test" }, "yes", "yes", "deny"),
  row("DNS: mail.test, allowed on port 25", { ask: "mail.test" }, "yes", "yes", "yes"),
  row("DNS: ZGF0YQ.evil.test, data in a name", { ask: "zgf0yq.evil.test" }, "yes", "yes", "allow"),

  row("TLS to good.test", { dial: PUBLIC, port: 443, names: ["good.test"], says: tls("good.test") }, "yes", "yes", "yes"),
  row("TLS to good.test on port 8443", { dial: PUBLIC, port: 8443, names: ["good.test"], says: tls("good.test") }, "yes", "yes", "yes"),
  row(
    "TLS that says evil.test to good.test's address",
    { dial: PUBLIC, port: 443, names: ["good.test"], says: tls("evil.test") },
    "yes",
    "yes",
    "allow",
  ),
  row(
    "TLS that says good.test to an address that is not its",
    { dial: PUBLIC, port: 443, names: ["a.good.test"], says: tls("good.test") },
    "yes",
    "yes",
    "mismatch",
  ),
  row("TLS that says no name", { dial: PUBLIC, port: 443, names: ["good.test"], says: tls(null) }, "yes", "yes", "nameless"),
  row("TLS to x.ads.test", { dial: PUBLIC, port: 443, says: tls("x.ads.test") }, "yes", "deny", "allow"),
  row("TLS to bad.good.test", { dial: PUBLIC, port: 443, names: ["good.test"], says: tls("bad.good.test") }, "yes", "yes", "deny"),
  row(
    "TLS to an address that was answered for evil.test",
    { dial: PUBLIC, port: 443, names: ["evil.test"], says: tls("good.test") },
    "yes",
    "yes",
    "allow",
  ),
  row(
    "TLS to an address that nobody asked for, with a name that is not its",
    { dial: PUBLIC, port: 443, says: tls("good.test") },
    "yes",
    "yes",
    "mismatch",
  ),
  row("HTTP to good.test", { dial: PUBLIC, port: 80, names: ["good.test"], says: http("good.test") }, "yes", "yes", "yes"),
  row(
    "HTTP with Host: evil.test to good.test's address",
    { dial: PUBLIC, port: 80, names: ["good.test"], says: http("evil.test") },
    "yes",
    "yes",
    "allow",
  ),
  row("HTTP without Host", { dial: PUBLIC, port: 80, names: ["good.test"], says: http(null) }, "yes", "yes", "nameless"),
  row(
    "HTTP/2 without TLS",
    { dial: PUBLIC, port: 80, names: ["good.test"], says: { protocol: "h2c", name: null } },
    "yes",
    "yes",
    "protocol",
  ),
  row("something else on port 443", { dial: PUBLIC, port: 443, names: ["good.test"], says: other }, "yes", "yes", "protocol"),
  row("something else on port 22 of good.test", { dial: PUBLIC, port: 22, names: ["good.test"], says: other }, "yes", "yes", "yes"),
  row("port 25 of good.test", { dial: PUBLIC, port: 25, names: ["good.test"], says: other }, "yes", "deny", "yes"),
  row("port 25 of mail.test", { dial: PUBLIC, port: 25, names: ["mail.test"], says: other }, "yes", "yes", "yes"),
  row("port 22 of mail.test", { dial: PUBLIC, port: 22, names: ["mail.test"], says: other }, "yes", "yes", "allow"),
  row("port 22 of an address that nobody asked for", { dial: PUBLIC, port: 22, says: other }, "yes", "yes", "allow"),
  row(
    "an address below deny_cidrs",
    { dial: "93.184.215.1", port: 443, names: ["good.test"], says: tls("good.test") },
    "yes",
    "deny_cidrs",
    "yes",
  ),
  row("an address below allow_cidrs, on its port", { dial: "93.184.216.1", port: 443, says: tls(null) }, "yes", "yes", "yes"),
  row("an address below allow_cidrs, on another", { dial: "93.184.216.1", port: 444, says: tls(null) }, "yes", "yes", "nameless"),
  row("IPv6: 2606:4700::1", { dial: "2606:4700::1", port: 443, names: ["good.test"], says: tls("good.test") }, "yes", "yes", "yes"),
  row(
    `IPv4 in IPv6: ::ffff:${PUBLIC}`,
    { dial: `::ffff:${PUBLIC}`, port: 443, names: ["good.test"], says: tls("good.test") },
    "yes",
    "yes",
    "yes",
  ),

  row("a private address below allow_cidrs: 10.1.2.3", { dial: "10.1.2.3", port: 5432, says: other }, "floor", "floor", "yes", "floor"),
  row("the same, mapped: ::ffff:10.1.2.3", { dial: "::ffff:10.1.2.3", port: 5432, says: other }, "floor", "floor", "yes", "floor"),
  { what: "a private address below 0.0.0.0/0 alone: 10.2.2.3", does: { dial: "10.2.2.3", port: 9 }, outcomes: same("floor") },
  {
    what: "a private address that good.test was answered with",
    does: { dial: "192.168.1.1", port: 80, names: ["good.test"], says: http("good.test") },
    outcomes: same("floor"),
  },
  floor("loopback", "127.0.0.1"),
  floor("loopback", "127.8.9.1"),
  floor("loopback", "::1"),
  floor("loopback, mapped", "::ffff:127.0.0.1"),
  floor("loopback, mapped, in hexadecimal", "::ffff:7f00:1"),
  floor("loopback, compatible", "::127.0.0.1"),
  floor("loopback, translated", "::ffff:0:127.0.0.1"),
  floor("loopback, by NAT64", "64:ff9b::7f00:1"),
  floor("loopback, by local NAT64", "64:ff9b:1::7f00:1"),
  floor("loopback, by 6to4", "2002:7f00:1::1"),
  floor("Teredo", "2001:0:7f00:1::1"),
  floor("this network", "0.0.0.0"),
  floor("the unspecified address", "::"),
  floor("metadata", "169.254.169.254"),
  floor("metadata, mapped", "::ffff:169.254.169.254"),
  floor("metadata over IPv6", "fd00:ec2::254"),
  floor("Azure's host", "168.63.129.16"),
  floor("link-local", "169.254.1.1"),
  floor("link-local", "fe80::1"),
  floor("site-local", "fec0::1"),
  floor("RFC 1918", "172.31.255.255"),
  floor("RFC 1918", "192.168.0.1"),
  floor("CGNAT", "100.64.0.1"),
  floor("ULA", "fd12:3456::1"),
  floor("multicast", "224.0.0.1"),
  floor("multicast", "ff02::1"),
  floor("broadcast", "255.255.255.255"),
  floor("reserved", "240.0.0.1"),
  floor("IETF protocols", "192.0.0.192"),
  floor("benchmarks, where the host alias is", "198.18.0.2"),
  floor("documentation", "203.0.113.1"),
  floor("documentation", "2001:db8::1"),
  floor("not given out yet", "4000::1"),
  notation("decimal", "2130706433"),
  notation("octal", "0177.0.0.1"),
  notation("hexadecimal", "0x7f.0.0.1"),
  notation("short", "127.1"),
  notation("with a zone", "fe80::1%eth0"),
  notation("a name", "localhost"),

  { what: "host port 8080, which host_ports names", does: { dial: HOST_ALIAS.address, port: 8080 }, outcomes: same("yes") },
  { what: "host port 22, which it does not", does: { dial: HOST_ALIAS.address, port: 22 }, outcomes: same("host_ports") },
];

const judge = (policy: ReturnType<typeof compile>, does: Try): Refusal | null => {
  if ("ask" in does) return judgeName(policy, does.ask);
  const { dial, port, names = [], says } = does;
  if (dial === HOST_ALIAS.address) return judgeHostPort(policy, port, null);
  const address = readAddress(dial);
  if (!address) return { rule: "address", reason: "" };
  const target = { address, port, names, floor: floorOf(address, new Set()) };
  const before = judgeTarget(policy, target);
  if (typeof before === "object") return before;
  return says ? judgeSaid(policy, target, says) : null;
};

/** What the gate writes down of it; null: the policy lets it through. */
export const refusedOf = (name: PolicyName, does: Try): Refused | null => {
  const policy = compile(NetworkPolicy.parse(POLICIES[name]));
  const refusal = judge(policy, does);
  if (!refusal) return null;
  if ("ask" in does) return { ...refusal, name: does.ask, address: null, port: null, protocol: "dns" };
  const { dial, port, names = [], says } = does;
  const address = readAddress(dial);
  const said =
    address && typeof judgeTarget(policy, { address, port, names, floor: floorOf(address, new Set()) }) === "string" ? says?.name : null;
  return { ...refusal, name: said ?? names[0] ?? null, address: dial, port, protocol: "tcp" };
};

export const outcome = (name: PolicyName, does: Try): Outcome => judge(compile(NetworkPolicy.parse(POLICIES[name])), does)?.rule ?? "yes";
