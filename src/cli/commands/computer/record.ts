import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import type { Recording, Recordings } from "../../../client/index.ts";
import { type Cli, UsageError } from "../../cli.ts";
import { beside } from "../../copy/beside.ts";
import { fields, print, table } from "../../print.ts";
import { integer } from "../../values.ts";
import { working } from "../../working.ts";

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const human = (recording: Recording): string =>
  fields({
    id: recording.id,
    status: recording.status,
    seconds: recording.duration_s.toFixed(1),
    size: mb(recording.size_bytes),
    page: recording.page_url,
    video: recording.status === "ready" ? recording.video_url : null,
    error: recording.error?.message,
  });

/** The recording that is meant: the one that is named, or the newest that fits. */
const pick = async (cli: Cli, recordings: Recordings, id: string | undefined, fits: (one: Recording) => boolean): Promise<Recording> => {
  if (id !== undefined) return recordings.get(id, { signal: cli.signal });
  const newest = (await recordings.list({ signal: cli.signal })).find(fits);
  if (!newest) throw new UsageError("There is no such recording of this computer; 'record get NAME' lists them all.");
  return newest;
};

const save = async (cli: Cli, recordings: Recordings, id: string, file: string): Promise<void> => {
  const video = await recordings.video(id, { signal: cli.signal, timeoutMs: 0 });
  if (file === "-") return pipeline(video, cli.stdout, { end: false });
  await beside(file, (draft) => pipeline(video, createWriteStream(draft), { signal: cli.signal }));
};

/** Saves the video where it is wanted, and tells of the recording unless the video itself went to standard output. */
const show = async (cli: Cli, recordings: Recordings, recording: Recording, output: string | undefined): Promise<void> => {
  if (output !== undefined) await save(cli, recordings, recording.id, output);
  if (output !== "-") print(cli, recording, human(recording));
};

export const addRecord = (parent: Command, cli: Cli): void => {
  const record = parent.command("record").description("Record a computer's screen as video");
  record
    .command("start <name>")
    .description("Begin a recording")
    .option("--fps <n>", "at most this many pictures a second, 1 to 30", integer)
    .option("--max-duration-s <n>", "end it after this many seconds", integer)
    .option("--max-size-mb <n>", "end it at this size", integer)
    .action(async (name: string, { fps, maxDurationS, maxSizeMb }: { fps?: number; maxDurationS?: number; maxSizeMb?: number }) => {
      const given = Object.entries({ fps, max_duration_s: maxDurationS, max_size_mb: maxSizeMb }).filter(
        ([, value]) => value !== undefined,
      );
      const recording = await cli
        .vitrine()
        .recordings(name)
        .start({ ...Object.fromEntries(given), signal: cli.signal });
      print(cli, recording, human(recording));
    });
  record
    .command("stop <name> [id]")
    .description("End a recording, by default the newest that runs, and wait for its video")
    .option("-o, --output <file>", "save the video there; - is standard output")
    .action(async (name: string, id: string | undefined, { output }: { output?: string }) => {
      const recordings = cli.vitrine().recordings(name);
      const running = await pick(cli, recordings, id, ({ status }) => status === "recording");
      const ended = await working(cli, "recording", "making the video", () => recordings.stop(running.id, { signal: cli.signal }));
      await show(cli, recordings, ended, output);
    });
  record
    .command("get <name> [id]")
    .description("List a computer's recordings, also of one that was deleted; or show one, and save its video")
    .option("-o, --output <file>", "save the video there, of the newest finished one unless an ID is given; - is standard output")
    .action(async (name: string, id: string | undefined, { output }: { output?: string }) => {
      const recordings = cli.vitrine().recordings(name);
      if (id === undefined && output === undefined) {
        const all = await recordings.list({ signal: cli.signal });
        const rows = all.map((one) => [one.id, one.status, one.started_at, one.duration_s.toFixed(1), mb(one.size_bytes)]);
        print(cli, all, table(["ID", "STATUS", "STARTED", "SECONDS", "SIZE"], rows));
        return;
      }
      const recording = await pick(cli, recordings, id, ({ status }) => status === "ready");
      await show(cli, recordings, recording, output);
    });
};
