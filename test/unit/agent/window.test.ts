import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { watchWindows } from "../../../guest-image/agent/state/window.ts";

const dir = mkdtempSync(join(tmpdir(), "vt-"));
/** An xprop of the test's own: `spy` is what it does when it watches, `once` what it prints when asked once. */
const xprop = (spy: string, once: string) =>
  writeFileSync(join(dir, "xprop"), `#!/bin/sh\ncase "$*" in *-spy*) ${spy} ;; *) echo "${once}" ;; esac\n`, { mode: 0o755 });
let watch: ReturnType<typeof watchWindows> | undefined;
afterEach(() => watch?.follow(false));

const NONE = "_NET_CLIENT_LIST: window id #";
const ONE = "_NET_CLIENT_LIST: window id # 0x600002";
const begin = () => {
  const seen: boolean[] = [];
  watch = watchWindows(() => seen.push(watch?.mapped ?? false), `${dir}:/usr/bin:/bin`);
  watch.follow(true);
  return seen;
};

test("windows come and go as xprop tells of them", async () => {
  xprop(`echo "${NONE}"; echo "${ONE}"; sleep 0.3; echo "${NONE}"; exec sleep 5`, NONE);
  const seen = begin();
  await expect.poll(() => seen).toEqual([true, false]);
});

test("a window that was mapped before xprop began to watch is seen by the second look", async () => {
  xprop(`echo "${NONE}"; exec sleep 5`, ONE);
  const seen = begin();
  await expect.poll(() => seen).toEqual([true]);
});

test("a display that is gone has no window", async () => {
  xprop(`echo "${ONE}"; exec sleep 5`, ONE);
  const seen = begin();
  await expect.poll(() => seen).toEqual([true]);
  watch?.follow(false);
  expect(watch?.mapped).toBe(false);
  rmSync(dir, { recursive: true });
});
