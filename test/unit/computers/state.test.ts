import { describe, expect, test } from "vitest";
import { STATUSES } from "../../../src/contract/computer.ts";
import { Activity } from "../../../src/server/computers/activity.ts";
import { generateId, generateName } from "../../../src/server/computers/names.ts";
import { mayFollow, requireStatus } from "../../../src/server/computers/state.ts";

describe("the state machine", () => {
  test("every status can come to deleted, and deleted is the end", () => {
    const reach = (from: (typeof STATUSES)[number], seen = new Set<string>()): Set<string> => {
      for (const to of STATUSES)
        if (mayFollow(from, to) && !seen.has(to)) {
          seen.add(to);
          reach(to, seen);
        }
      return seen;
    };
    for (const status of STATUSES) if (status !== "deleted") expect(reach(status)).toContain("deleted");
    expect(reach("deleted").size).toBe(0);
    for (const status of STATUSES) if (!["deleting", "deleted"].includes(status)) expect(mayFollow(status, "deleting"), status).toBe(true);
  });
  test("a wrong state is its own error and names both states", () => {
    expect(() => requireStatus("stop", "creating", ["running"])).toThrow("The computer is creating; stop needs it to be running.");
    expect(() => requireStatus("start", "error", ["stopped", "error"])).not.toThrow();
  });
});

describe("activity", () => {
  test("is idle only while nothing holds it; a hold ends once", () => {
    const changes: (number | null)[] = [];
    const activity: Activity = new Activity(() => changes.push(activity.idleSince));
    expect(activity.idleSince).toBeTypeOf("number");
    const a = activity.hold("cdp");
    const b = activity.hold("viewer");
    expect(activity.idleSince).toBeNull();
    a();
    a();
    expect(activity.idleSince).toBeNull();
    b();
    expect(activity.idleSince).toBeTypeOf("number");
    expect(changes).toEqual([null, expect.any(Number)]);
  });
});

describe("names", () => {
  test("are DNS labels, and never one that is taken", () => {
    for (let i = 0; i < 200; i++) expect(generateName(() => false)).toMatch(/^[a-z]+$/);
    expect(generateName((name) => !name.includes("-"))).toMatch(/^[a-z]+-\d+$/);
    expect(new Set(Array.from({ length: 100 }, () => generateId("cmp"))).size).toBe(100);
  });
});
