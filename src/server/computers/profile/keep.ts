import { VitrineError } from "../../../contract/errors.ts";
import { withDeadline } from "../../deadline.ts";
import { asVitrineError, type Engine, isEnding, type Live } from "../engine.ts";
import type { ComputerRecord } from "../record.ts";
import { forgetCookies, packCookies } from "./cookies.ts";
import { keptBy } from "./use.ts";

/** Milliseconds for a guest to show that it answers. */
const ANSWER_MS = 10_000;
/** Milliseconds for all of it. */
const KEEP_MS = 120_000;

/**
 * Keeps what a computer's browser knows as its profile, where it has one. With `close` Chromium is ended first, and so has written down everything; otherwise it goes on. A failure
 * is told in the timeline, and the profile is what it was. A delete lets it finish; only the end of the service breaks it off, and is thrown.
 */
export const keepProfile = async (
  engine: Engine,
  record: ComputerRecord,
  live: Live,
  { close }: { close: boolean },
  parent: AbortSignal,
): Promise<void> => {
  const id = keptBy(record);
  if (!id || record.started_at === null) return;
  const ending = new AbortController();
  const onAbort = () => isEnding(parent) && ending.abort(parent.reason);
  parent.addEventListener("abort", onAbort);
  onAbort();
  const work = save(engine, live, id, close, ending.signal).then(
    (size_bytes) => engine.emit({ type: "profile.saved", computer_id: record.id, data: { profile: id.name, size_bytes } }),
    (error) => {
      ending.signal.throwIfAborted();
      engine.log.error({ computer: record.id, err: error }, "its profile could not be kept");
      const { code, message } = asVitrineError(error);
      engine.emit({ type: "profile.failed", computer_id: record.id, data: { profile: id.name, reason: `${code}: ${message}` } });
    },
  );
  engine.keeping.set(record.id, work);
  try {
    await work;
  } finally {
    engine.keeping.delete(record.id);
    parent.removeEventListener("abort", onAbort);
  }
};

const save = async (engine: Engine, { guest }: Live, id: NonNullable<ReturnType<typeof keptBy>>, close: boolean, ending: AbortSignal) => {
  if (!guest.alive) throw new VitrineError("guest_unresponsive");
  await withDeadline("An answer of the computer", ANSWER_MS, ending, (signal) =>
    guest.exec({ argv: ["true"], user: "root", timeout_ms: ANSWER_MS }, signal),
  );
  return withDeadline("The keeping of the profile", KEEP_MS, ending, async (signal) => {
    await packCookies(guest, signal).catch((error) => {
      signal.throwIfAborted();
      engine.log.warn({ profile: id.name, err: error }, "kept without the cookies of its session");
    });
    const archive = await guest.readProfile(close, signal);
    try {
      return await engine.profiles.write(id, archive, signal);
    } finally {
      archive.destroy();
      // With a machine that ends they end as well.
      if (!close) await forgetCookies(guest, signal).catch(() => {});
    }
  });
};
