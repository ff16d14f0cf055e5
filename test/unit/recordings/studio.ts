import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CreateComputer } from "../../../src/contract/computer.ts";
import { OPERATOR } from "../../../src/server/auth/caller.ts";
import type { ComputerRecord } from "../../../src/server/computers/record.ts";
import type { Displays } from "../../../src/server/display/display.ts";
import { type Clock, realClock } from "../../../src/server/recordings/clock.ts";
import { recordings } from "../../../src/server/recordings/recordings.ts";
import type { Ports, RecordingLimits } from "../../../src/server/recordings/studio.ts";
import { openStore, type Store } from "../../../src/server/store/store.ts";

/** A running computer's record. */
export const computerRecord = (id: string, change: Partial<ComputerRecord> = {}): ComputerRecord => {
  const { name: _, ...spec } = CreateComputer.parse({});
  const now = new Date().toISOString();
  return {
    id,
    key_id: null,
    name: id.replace("cmp_", "name-"),
    spec,
    status: "running",
    image: null,
    template: null,
    machine: null,
    suspended: null,
    created_at: now,
    started_at: now,
    stopped_at: null,
    expires_at: null,
    last_error: null,
    start_kind: "booted",
    ready_ms: 1,
    ready_phases: null,
    ...change,
  };
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A service's recordings, on a store in `dataDir`. */
export const openStudio = async (
  dataDir: string,
  displays: Displays,
  {
    clock = realClock,
    limits = {},
    store = openStore(dataDir),
    watchPages = () => () => {},
  }: { clock?: Clock; limits?: Partial<RecordingLimits>; store?: Store; watchPages?: Ports["watchPages"] } = {},
) => {
  const root = join(dataDir, "recordings");
  mkdirSync(root, { recursive: true });
  const made = recordings({
    store,
    displays,
    watchPages,
    root,
    limits: { retentionS: 3600, quotaMb: 1024, ...limits },
    clock,
    requireDisk: () => {},
    emit: () => {},
    fault: () => {},
    orphaned: () => {},
    log: silent,
  });
  const close = async () => {
    await made.close();
    store.close();
  };
  return {
    recordings: { ...made, ...made.of(OPERATOR) },
    store,
    root,
    close,
    file: (id: string, name = "video.mp4") => join(root, id, name),
  };
};
export type TestStudio = Awaited<ReturnType<typeof openStudio>>;
