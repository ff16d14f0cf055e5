import { expect, test } from "vitest";
import type { BrowserState } from "../../../src/contract/guest/protocol.ts";
import { crashWatch } from "../../../src/server/computers/crashes.ts";

const none = () => {};

test("a browser that is started again, or given up, has crashed; one that starts has not", () => {
  const crashes: string[] = [];
  const see = crashWatch({
    browser: ({ status, starts }) => crashes.push(`${status} ${starts}`),
    display: () => crashes.push("display"),
    windowManager: none,
  });
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
  for (const [status, starts] of states) see({ browser: { status, starts }, display: true, manager_starts: 1 });
  expect(crashes).toEqual(["starting 3", "ready 4", "failed 9"]);
});

test("one that ran before this service came counts from what is seen first", () => {
  const crashes: number[] = [];
  const see = crashWatch({ browser: ({ starts }) => crashes.push(starts), display: none, windowManager: none });
  see({ browser: { status: "ready", starts: 7 }, display: true, manager_starts: 1 });
  see({ browser: { status: "starting", starts: 8 }, display: true, manager_starts: 1 });
  expect(crashes).toEqual([8]);
});

test("a display that was there and is gone has crashed, each time", () => {
  let crashes = 0;
  const see = crashWatch({ browser: none, display: () => crashes++, windowManager: none });
  for (const display of [false, true, true, false, false, true, false])
    see({ browser: { status: "starting", starts: 1 }, display, manager_starts: 1 });
  expect(crashes).toBe(2);
});

test("a window manager that is started again has crashed, unless it ended with its display or ran before this service came", () => {
  const crashes: number[] = [];
  const states: [boolean, number][] = [
    [false, 0],
    [true, 1],
    [true, 2],
    [true, 2],
    // With the display.
    [false, 2],
    [true, 3],
    [true, 4],
  ];
  for (const from of [
    states,
    [
      [true, 9],
      [true, 10],
    ] satisfies typeof states,
  ]) {
    let now = 0;
    const see = crashWatch({ browser: none, display: none, windowManager: () => crashes.push(now) });
    for (const [display, manager_starts] of from) {
      now = manager_starts;
      see({ browser: { status: "ready", starts: 1 }, display, manager_starts });
    }
  }
  expect(crashes).toEqual([2, 4, 10]);
});
