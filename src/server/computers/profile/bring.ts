import { keeperFor } from "../attach.ts";
import type { Engine, Live } from "../engine.ts";
import type { ComputerRecord } from "../record.ts";
import { wholeFor } from "../whole.ts";
import { bringCookies } from "./cookies.ts";

/**
 * Gives the browser of a computer that has not run yet the profile that it is to begin with, where there is one already: its Chromium is started anew with it. Answers whether it
 * did. Errors as of Guest.writeProfile.
 */
export const bringProfile = async (engine: Engine, record: ComputerRecord, live: Live, signal: AbortSignal): Promise<boolean> => {
  const { profile } = record.spec.browser;
  if (!profile || record.started_at !== null) return false;
  const id = { key_id: record.key_id, name: profile.name };
  if (!engine.profiles.find(id)) return false;
  const { guest } = live;
  const isWhole = wholeFor(record);
  const before = await guest.waitFor(isWhole, signal);
  const archive = engine.profiles.read(id);
  live.relaunching = true;
  live.keeper?.close();
  try {
    await guest.writeProfile(archive, signal);
    await guest.waitFor((state) => state.browser.starts > before.browser.starts && isWhole(state), signal);
    await bringCookies(guest, signal);
  } finally {
    archive.destroy();
    live.relaunching = false;
  }
  // The one that it had ended with the Chromium that it reminded.
  live.keeper = keeperFor(engine, record, guest);
  await live.keeper?.applied;
  return true;
};
