import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { killGroup } from "../process/kill.ts";
import { follow } from "./follow.ts";
import type { RecordingRecord } from "./record.ts";
import { finish, shoot } from "./shoot.ts";
import type { Studio } from "./studio.ts";
import { removeOrphans, sweep } from "./sweep.ts";

/** What an encoder without its service may take to write its last words, before it is ended. */
const LAST_WORDS = { interruptMs: 2000, graceMs: 1000 };

/** Makes true what the store says after the service was away: goes on filming computers that run, and finalizes the rest. Resolves when that has begun. */
export const resume = async (studio: Studio): Promise<void> => {
  const { store, log, root } = studio;
  await mkdir(root, { recursive: true, mode: 0o700 });
  await removeOrphans(studio);
  await Promise.all(
    store.recordings
      .unfinished()
      .map((record) =>
        settle(studio, record).catch((error) => log.error({ recording: record.id, err: error }, "could not be put in order")),
      ),
  );
  for (const computer of store.computers.living()) follow(studio, computer);
  await sweep(studio);
};

const settle = async (studio: Studio, record: RecordingRecord): Promise<void> => {
  const dir = join(studio.root, record.id);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (record.encoder) await killGroup(record.encoder, { ...LAST_WORDS, cwd: dir });
  studio.store.recordings.patch(record.id, { encoder: null });
  const goesOn = record.status === "recording" && studio.store.computers.get(record.computer_id)?.status === "running";
  if (goesOn) shoot(studio, record);
  else finish(studio, record.id, "computer_stopped");
  studio.log.info({ recording: record.id }, goesOn ? "recording goes on" : "recording is finalized");
};
