import { expect, test } from "vitest";
import { assess, type Claim, fits, needsOf } from "../../../src/server/capacity/assess.ts";
import type { Resources } from "../../../src/server/capacity/resources.ts";

const rules = { computers: 10, ramReserveMb: 500, ramFactor: 1, vcpuFactor: 4, diskReserveMb: 1000, overheadMb: 100 };
const host: Resources = { ramMb: 16_000, ramAvailableMb: 15_000, cpus: 4, diskMb: 100_000, diskFreeMb: 50_000 };
const size = { vcpus: 2, ram_mb: 2000 };
const left = (claims: Claim[], more: Partial<Resources> = {}, other = {}) => assess({ ...host, ...more }, claims, { ...rules, ...other });
const count = (claims: Claim[], more: Partial<Resources> = {}, other = {}) =>
  fits(left(claims, more, other), needsOf(size, { ...rules, ...other }));

test("an empty host", () => {
  expect(left([])).toEqual({
    computers: { total: 10, used: 0, free: 10 },
    ram: { total: 16_000, used: 1500, free: 14_500 },
    vcpus: { total: 16, used: 0, free: 16 },
    disk: { total: 100_000, used: 51_000, free: 49_000 },
  });
  expect(count([])).toEqual({ count: 6, limitedBy: "ram" });
});

test("what a computer has not taken yet of its memory is kept free for it", () => {
  const fresh = { ...size, ownMb: 250 };
  // It has taken 250 of what was available, and may take 1850 more.
  expect(left([fresh], { ramAvailableMb: 14_750 }).ram.free).toBe(14_750 - 500 - 1850);
  // Full or not, there is room for as many.
  const full = { ...size, ownMb: 2100 };
  expect(left([full], { ramAvailableMb: 12_900 }).ram.free).toBe(left([fresh], { ramAvailableMb: 14_750 }).ram.free);
  // One that took more than was thought does not make room.
  expect(left([{ ...size, ownMb: 5000 }], { ramAvailableMb: 10_000 }).ram.free).toBe(9500);
});

test("filling a host to the last computer and then every computer to the last MiB leaves the reserve", () => {
  const claims: Claim[] = [];
  let available = host.ramAvailableMb;
  for (let room = count([]); room.count > 0; room = count(claims, { ramAvailableMb: available })) {
    claims.push({ ...size, ownMb: 250 });
    available -= 250;
  }
  const grown = claims.length * (2100 - 250);
  expect(claims).toHaveLength(6);
  expect(available - grown).toBeGreaterThanOrEqual(rules.ramReserveMb);
});

test("a factor promises memory several times, but what is in use still counts", () => {
  expect(count([], {}, { ramFactor: 2, vcpuFactor: 100, computers: 100 }).count).toBe(13);
  expect(count([{ ...size, ownMb: 2100 }], { ramAvailableMb: 1400 }, { ramFactor: 2 }).count).toBe(0);
});

test.each([
  ["computers", Array<Claim>(10).fill({ vcpus: 1, ram_mb: 512, ownMb: 512 }), {}],
  ["vcpus", [{ vcpus: 15, ram_mb: 512, ownMb: 512 }], {}],
  ["disk", [], { diskFreeMb: 1200 }],
  ["ram", [], { ramAvailableMb: 0 }],
] as const)("%s runs out first", (constraint, claims, more) =>
  expect(count([...claims], more)).toEqual({ count: 0, limitedBy: constraint }),
);
