import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/contract/events.ts";
import { NetworkPolicy, type Refused } from "../../../src/contract/network.ts";
import { tryPolicy } from "../../../src/server/egress/trial.ts";
import { CASES, outcome, POLICIES, type PolicyName, refusedOf, type Try } from "./policy-cases.ts";

const NAMES = Object.keys(POLICIES) as PolicyName[];
const told = (data: Partial<Refused> & { count?: number }, at = "2026-01-01T00:00:00Z") => ({ type: "egress.refused", at, data }) as Event;
const refused = (data: Partial<Refused>): Refused => ({
  name: null,
  address: null,
  port: null,
  protocol: "tcp",
  rule: "allow",
  reason: "as it was",
  ...data,
});
const trial = (policy: Parameters<typeof NetworkPolicy.parse>[0], ...events: Event[]) =>
  tryPolicy(NetworkPolicy.parse(policy), events, 7780).refusals;
const one = (policy: Parameters<typeof NetworkPolicy.parse>[0], data: Partial<Refused>) => trial(policy, told(refused(data)))[0]!;

/** Whether the refusal tells all that the policy would hear: not of what was refused before it said another name than it had asked for, or none. */
const tellsAll = (does: Try, { name, rule }: Refused): boolean =>
  "ask" in does || !does.says || does.says.name === (name ?? undefined) || ["nameless", "protocol"].includes(rule);

describe.each(NAMES)("what was refused by '%s'", (before) => {
  test.each(NAMES)("is judged as '%s' judges it", (now) => {
    for (const { what, does } of CASES) {
      const was = refusedOf(before, does);
      if (was && (before === now || tellsAll(does, was)))
        expect(one(POLICIES[now], was).still?.rule ?? "yes", what).toBe(outcome(now, does));
    }
  });
});

const RESTRICTED = { mode: "restricted", allow: ["good.test"] } as const;
test.each([
  ["a name", RESTRICTED, { name: "evil.test", protocol: "dns" }, { mode: "restricted", list: "allow", entry: "evil.test" }],
  [
    "a name on a port",
    RESTRICTED,
    { name: "evil.test", address: "93.184.215.1", port: 8443 },
    { mode: "restricted", list: "allow", entry: "evil.test:8443" },
  ],
  [
    "an address without a name",
    RESTRICTED,
    { address: "93.184.215.1", port: 22 },
    { mode: "restricted", list: "allow_cidrs", entry: "93.184.215.1/32:22" },
  ],
  [
    "a name that is not its address's",
    RESTRICTED,
    { name: "good.test", address: "2606:4700::1", port: 443, rule: "mismatch" },
    { mode: "restricted", list: "allow_cidrs", entry: "2606:4700::1/128:443" },
  ],
  [
    "a private address",
    RESTRICTED,
    { address: "10.1.2.3", port: 5432, rule: "floor" },
    { mode: "restricted", list: "allow_cidrs", entry: "10.1.2.3/32:5432" },
  ],
  [
    "no network",
    { mode: "off" },
    { name: "evil.test", protocol: "dns", rule: "off" },
    { mode: "restricted", list: "allow", entry: "evil.test" },
  ],
  [
    "a port of the host",
    { mode: "open" },
    { name: "host.vitrine.internal", address: "198.18.0.1", port: 3000, rule: "host_ports" },
    { mode: "open", list: "host_ports", entry: "3000" },
  ],
] as const)("%s is allowed by one entry, the narrowest", (_, policy, data, remedy) => {
  const before = one(policy, data);
  expect(before.remedy).toEqual(remedy);
  const list = ("allow" in policy && remedy.list === "allow" ? policy.allow : undefined) ?? [];
  const entry = remedy.list === "host_ports" ? Number(remedy.entry) : remedy.entry;
  const wider = { ...policy, mode: remedy.mode, [remedy.list]: [...list, entry] };
  expect(one(wider, data)).toMatchObject({ still: null, remedy: null });
});

test.each([
  ["a floor", RESTRICTED, { address: "169.254.169.254", port: 80, rule: "floor" }, "floor"],
  ["what is denied", { ...RESTRICTED, deny: ["*.ads.test"] }, { name: "x.ads.test", protocol: "dns", rule: "deny" }, "deny"],
  ["a private address of an open computer", { mode: "open" }, { address: "10.1.2.3", port: 80, rule: "floor" }, "floor"],
  ["an answer that points within", RESTRICTED, { name: "good.test", address: "10.1.2.3", protocol: "dns", rule: "rebinding" }, "rebinding"],
  ["the service's own port", { mode: "open" }, { address: "198.18.0.1", port: 7780, rule: "host_ports" }, "host_ports"],
  ["UDP", { mode: "open" }, { address: "93.184.215.1", port: 443, protocol: "udp", rule: "protocol" }, "protocol"],
  ["a limit", { mode: "open" }, { address: "93.184.215.1", port: 443, rule: "limit" }, "limit"],
] as const)("%s is opened by no entry", (_, policy, data, rule) => {
  expect(one(policy, data)).toMatchObject({ still: { rule }, remedy: null });
});

test("each thing is there once, with how often and when last; what is not understood is left out", () => {
  const a = { name: "a.test", protocol: "dns" };
  const found = trial(
    RESTRICTED,
    told({ ...refused(a), count: 3 }, "2026-01-03T00:00:00Z"),
    told({ left_out: "many characters" } as never),
    told(refused({ name: "b.test", protocol: "dns" }), "2026-01-02T00:00:00Z"),
    told(refused(a), "2026-01-01T00:00:00Z"),
  );
  expect(found.map(({ name, count, at }) => [name, count, at])).toEqual([
    ["a.test", 4, "2026-01-03T00:00:00Z"],
    ["b.test", 1, "2026-01-02T00:00:00Z"],
  ]);
});
