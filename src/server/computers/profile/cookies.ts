import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { VitrineError } from "../../../contract/errors.ts";
import { PROFILE_DIR } from "../../../contract/guest/protocol.ts";
import { type Cdp, withCdp } from "../../browser/cdp.ts";
import { withDeadline } from "../../deadline.ts";
import type { Guest } from "../../guest/guest.ts";

/** In the profile's folder while it is on its way: the cookies of a session, which Chromium does not read back, and those that it has yet to write down. */
const FILE = `${PROFILE_DIR}/vitrine-cookies.json`;
/** Milliseconds for Chromium to tell its cookies. */
const TELL_MS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

/** What DevTools tells of a cookie is what it takes back, but for these. */
const Told = z
  .looseObject({ session: z.boolean().optional(), size: z.number().optional(), expires: z.number().optional() })
  .transform(({ session, size: _, expires, ...cookie }) => ({ ...cookie, ...(session ? {} : { expires }) }));
const Cookies = z.array(z.looseObject({})).max(100_000);

/** Has the cookies that the browser knows now packed with its profile. Errors: timeout, browser_unavailable; then those must do that it has written down. */
export const packCookies = (guest: Guest, parent: AbortSignal): Promise<void> =>
  withDeadline("The reading of the browser's cookies", TELL_MS, parent, (signal) =>
    withCdp(guest, signal, async (cdp) => {
      const { cookies } = z.object({ cookies: z.array(Told) }).parse(await cdp.send("Storage.getCookies"));
      const text = Buffer.from(JSON.stringify(cookies));
      await guest.writeFile(FILE, Readable.from([text], { objectMode: false }), signal);
    }),
  );

/** Takes them out of the folder again. */
export const forgetCookies = (guest: Guest, signal: AbortSignal): Promise<void> => guest.deleteFile(FILE, signal);

const takeOut = async (guest: Guest, signal: AbortSignal): Promise<z.infer<typeof Cookies> | null> => {
  try {
    const { size, body } = await guest.readFile(FILE, { start: 0, end: MAX_BYTES }, signal);
    const text = await buffer(body);
    await forgetCookies(guest, signal);
    return size > MAX_BYTES ? null : Cookies.parse(JSON.parse(text.toString("utf8")));
  } catch (error) {
    if (error instanceof VitrineError && error.code === "file_not_found") return null;
    throw error;
  }
};

/** All or none are taken; of those that are not, each by itself. */
const give = async (cdp: Cdp, cookies: z.infer<typeof Cookies>): Promise<void> => {
  await cdp.send("Storage.setCookies", { cookies }).catch(async () => {
    for (const cookie of cookies) await cdp.send("Storage.setCookies", { cookies: [cookie] }).catch(() => {});
  });
};

/** Gives the browser the cookies that came with its profile. */
export const bringCookies = async (guest: Guest, signal: AbortSignal): Promise<void> => {
  const cookies = await takeOut(guest, signal);
  if (cookies) await withCdp(guest, signal, (cdp) => give(cdp, cookies));
};
