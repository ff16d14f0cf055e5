import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { MAX_CHAPTERS } from "../../contract/recordings.ts";
import { Camera, lossOf } from "./camera.ts";
import { Film, FilmIsFull } from "./film.ts";
import { finalize } from "./finalize.ts";
import { isOverQuota } from "./quota.ts";
import type { EndReason, RecordingRecord } from "./record.ts";
import { bytesIn, segmentsIn } from "./segments.ts";
import { MIB, type Session, type Studio } from "./studio.ts";
import { sweep } from "./sweep.ts";

/** How often a running recording's size is looked at, milliseconds. */
const CHECK_MS = 5000;
/** MiB that stay free on the disk. */
const RESERVE_MB = 256;

/** Chapters by what happened leave room for those that people mark. */
const MAX_NOTES = MAX_CHAPTERS / 2;
const MAX_TITLE = 200;

/** One line of a bounded length. */
const titleOf = (text: string): string =>
  text
    .replace(/[\x00-\x1f\x7f]+/g, " ")
    .trim()
    .slice(0, MAX_TITLE);

/** Films a recording that is in the store, from where it was left, until its session is ended or a limit is reached; then makes the video. */
export const shoot = (studio: Studio, record: RecordingRecord): Session => {
  const { id, spec } = record;
  const { clock, store, log } = studio;
  const dir = join(studio.root, id);
  const origin = clock.now() - Math.max(0, Date.now() - Date.parse(record.started_at));
  const elapsed = () => clock.now() - origin;
  const filming = new AbortController();
  const removal = new AbortController();
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {});
  let reason: EndReason | "paused" | "removed" | null = null;
  let checkedAt = clock.now();

  const end: Session["end"] = (why) => {
    if (why === "removed" || why === "paused") removal.abort(new Error(`the recording is ${why}`));
    if (reason === null || why === "removed") reason = why;
    filming.abort();
  };

  const check = async (film: Film): Promise<void> => {
    const size_bytes = await bytesIn(dir);
    store.recordings.patch(id, { size_bytes, frames: record.frames + film.frames, dropped_frames: record.dropped_frames + film.dropped });
    const { bavail, bsize } = await statfs(dir);
    if (bavail * bsize < RESERVE_MB * MIB) end("disk_full");
    else if (size_bytes >= spec.max_size_mb * MIB) end("max_size");
    else if (isOverQuota(studio, record.key_id)) end("quota");
    else if (store.recordings.totalBytes() > studio.limits.quotaMb * MIB) await sweep(studio);
  };

  const film = async (): Promise<unknown> => {
    const roll = new Film({
      dir,
      elapsed,
      video: record.width === null || record.height === null ? null : { width: record.width, height: record.height },
      segments: ((await segmentsIn(dir)).at(-1)?.index ?? -1) + 1,
      onVideo: (size) => void store.recordings.patch(id, size),
      onEncoder: (encoder) => {
        studio.fault("record:encoder");
        store.recordings.patch(id, { encoder });
      },
      onLoss: (why) => log.warn({ recording: id, reason: why }, "an encoder ended by itself"),
    });
    const onFrame = () => {
      if (roll.frames > 0) first.resolve();
      if (elapsed() >= spec.max_duration_s * 1000) end("max_duration");
      if (clock.now() - checkedAt < CHECK_MS) return;
      checkedAt = clock.now();
      void check(roll).catch((error) => log.warn({ recording: id, err: error }, "a recording's size cannot be told"));
    };
    const onLost = (error: unknown) => {
      first.reject(lossOf(error));
      log.warn({ recording: id, err: error }, "the display is lost to a recording");
    };
    const leave = studio.watchPages(record.computer_id, (address) => note(`Page ${address}`));
    const options = { displays: studio.displays, computerId: record.computer_id, fps: spec.fps, clock, film: roll, onFrame, onLost };
    try {
      await new Camera(options, filming.signal).run();
    } catch (error) {
      first.reject(error);
      if (!(error instanceof FilmIsFull)) return error;
      end("too_many_segments");
    } finally {
      leave();
      first.reject(new VitrineError("recording_failed", { reason: "it ended before its first picture" }));
      await roll.close();
      store.recordings.patch(id, { frames: record.frames + roll.frames, dropped_frames: record.dropped_frames + roll.dropped });
    }
    return undefined;
  };

  const work = async (): Promise<void> => {
    const failure = await film().catch((error: unknown) => error);
    if (failure !== undefined) log.error({ recording: id, err: failure }, "recording failed");
    if (reason === "paused" || reason === "removed") return;
    await finalize(studio, id, removal.signal, reason ?? "failed", failure);
  };

  const mark: Session["mark"] = (title) => {
    const now = store.recordings.get(id);
    if (filming.signal.aborted || !now) return null;
    const chapter = { title, at_ms: Math.round(elapsed()) };
    store.recordings.patch(id, { chapters: [...now.chapters, chapter] });
    return chapter;
  };
  const note: Session["note"] = (title) => {
    const text = titleOf(title);
    if (text !== "" && (store.recordings.get(id)?.chapters.length ?? 0) < MAX_NOTES) mark(text);
  };

  const session: Session = {
    end,
    mark,
    note,
    first: first.promise,
    done: attend(studio, id, work),
  };
  studio.sessions.set(id, session);
  return session;
};

/** Finalizes a recording that an earlier service left. */
export const finish = (studio: Studio, id: string, reason: EndReason): Session => {
  const removal = new AbortController();
  const session: Session = {
    end: (why) => {
      if (why === "removed" || why === "paused") removal.abort(new Error(`the recording is ${why}`));
    },
    mark: () => null,
    note: () => {},
    first: Promise.resolve(),
    done: attend(studio, id, () => finalize(studio, id, removal.signal, reason)),
  };
  studio.sessions.set(id, session);
  return session;
};

/** Begins work after this turn, so that its session is known before it ends. */
const attend = async (studio: Studio, id: string, work: () => Promise<void>): Promise<void> => {
  await Promise.resolve();
  try {
    await work();
  } catch (error) {
    studio.log.error({ recording: id, err: error }, "recording went wrong");
  } finally {
    studio.sessions.delete(id);
  }
};
