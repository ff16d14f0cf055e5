import { expect, test } from "vitest";
import type { BrowserState } from "../../../src/contract/guest/protocol.ts";
import { crashWatch } from "../../../src/server/computers/crashes.ts";

test("a browser that is started again, or given up, has crashed; one that starts has not", () => {
  const crashes: string[] = [];
  const see = crashWatch({ browser: ({ status, starts }) => crashes.push(`${status} ${starts}`), display: () => crashes.push("display") });
  const states: [BrowserState["status"], number][] = [
    ["none", 0],
    ["starting", 1],
    // Chromium's first tries are its own business, until it has been there.
    ["starting", 2],
    ["ready", 2],
    ["ready", 2],
    ["starting", 3],
    ["ready", 3],
    ["ready", 4],
    ["failed", 9],
    ["failed", 9],
  ];
  for (const [status, starts] of states) see({ browser: { status, starts }, display: true });
  expect(crashes).toEqual(["starting 3", "ready 4", "failed 9"]);
});

test("one that ran before this service came counts from what is seen first", () => {
  const crashes: number[] = [];
  const see = crashWatch({ browser: ({ starts }) => crashes.push(starts), display: () => {} });
  see({ browser: { status: "ready", starts: 7 }, display: true });
  see({ browser: { status: "starting", starts: 8 }, display: true });
  expect(crashes).toEqual([8]);
});

test("a display that was there and is gone has crashed, each time", () => {
  let crashes = 0;
  const see = crashWatch({ browser: () => {}, display: () => crashes++ });
  for (const display of [false, true, true, false, false, true, false]) see({ browser: { status: "starting", starts: 1 }, display });
  expect(crashes).toBe(2);
});
