import { expect, test } from "vitest";
import type { BrowserState } from "../../../src/contract/guest/protocol.ts";
import { crashWatch } from "../../../src/server/computers/crashes.ts";

test("a browser that is started again, or given up, has crashed; one that starts has not", () => {
  const crashes: string[] = [];
  const see = crashWatch(({ status, starts }) => crashes.push(`${status} ${starts}`));
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
  for (const [status, starts] of states) see({ status, starts });
  expect(crashes).toEqual(["starting 3", "ready 4", "failed 9"]);
});

test("one that ran before this service came counts from what is seen first", () => {
  const crashes: number[] = [];
  const see = crashWatch(({ starts }) => crashes.push(starts));
  see({ status: "ready", starts: 7 });
  see({ status: "starting", starts: 8 });
  expect(crashes).toEqual([8]);
});
