import { describe, expect, test } from "vitest";
import { NetworkPolicy } from "../../../src/contract/network.ts";
import { compile, judgeTarget } from "../../../src/server/egress/policy.ts";
import { renderEgressDoc } from "./egress-doc.ts";
import { CASES, outcome, POLICIES, type PolicyName } from "./policy-cases.ts";

describe.each(Object.keys(POLICIES) as PolicyName[])("%s", (name) => {
  test.each(CASES)("$what", ({ does, outcomes }) => {
    expect(outcome(name, does)).toBe(outcomes[name]);
  });
});

test("docs/egress.md is what the cases say", async () => {
  await expect(renderEgressDoc()).toMatchFileSnapshot("../../../docs/egress.md");
});

test("an address of the host's own is refused, though a range names it", () => {
  const policy = compile(NetworkPolicy.parse({ mode: "restricted", allow_cidrs: ["10.0.0.0/8", "93.184.215.0/24"] }));
  for (const text of ["10.0.0.5", "93.184.215.5"]) {
    const verdict = judgeTarget(policy, { address: { text, family: 4 }, port: 80, floor: "host", names: [] });
    expect(verdict).toMatchObject({ rule: "floor", reason: "an address of the host" });
  }
});

test("an address that nobody asked for is asked what it names only where a name could open it", () => {
  const target = { address: { text: "93.184.215.20", family: 4 } as const, floor: null, names: [] };
  const policy = compile(NetworkPolicy.parse({ mode: "restricted", allow: ["good.test:443"] }));
  expect(judgeTarget(policy, { ...target, port: 443 })).toBe("ask");
  expect(judgeTarget(policy, { ...target, port: 22 })).toMatchObject({ rule: "allow" });
});
