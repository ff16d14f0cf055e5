import type { Readable } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";

/** Where a guest has it. */
export const WORKSPACE = "/home/ohm";
const DRAFT = `${WORKSPACE}/.vitrine-import`;
/** Milliseconds for the guest to put what was unpacked in the place of what was there. */
const SWAP_MS = 10 * 60_000;

/** What the script ends with when there is nothing to put there. */
const EMPTY = 65;
/** All that is there goes, and what was unpacked beside it takes its place: names are moved, not bytes. */
const SWAP = `
set -e
cd ${WORKSPACE}
rmdir .vitrine-import 2> /dev/null && exit ${EMPTY}
rm -rf .vitrine-replaced
mkdir .vitrine-replaced
find . -mindepth 1 -maxdepth 1 ! -name .vitrine-import ! -name .vitrine-replaced -exec mv -t .vitrine-replaced {} +
find .vitrine-import -mindepth 1 -maxdepth 1 -exec mv -t . {} +
rm -rf .vitrine-import .vitrine-replaced
sync -f .
`;

const asRoot = (guest: Guest, command: string, signal: AbortSignal | undefined): Promise<void> =>
  withDeadline("The import", SWAP_MS, signal, async (until) => {
    const { exit_code, stderr } = await guest.exec({ command, user: "root", timeout_ms: SWAP_MS }, until);
    // To tar a few bytes of anything are an archive of nothing.
    if (exit_code === EMPTY) throw new VitrineError("archive_invalid", { reason: "there is nothing in it" });
    if (exit_code !== 0)
      throw new VitrineError("machine_failed", { reason: `its workspace cannot be replaced: ${stderr.trim().slice(-500)}` });
  });

/**
 * Unpacks a tar.gz into /home/ohm; all of it is ohm's. With `replace` nothing of what was there stays: the archive is unpacked whole first, so that one that is broken
 * changes nothing. Errors as of Guest.writeArchive.
 */
export const importWorkspace = async (guest: Guest, archive: Readable, replace: boolean, signal: AbortSignal): Promise<void> => {
  if (!replace) return guest.writeArchive(WORKSPACE, archive, signal);
  // What an import that was broken off has left.
  await asRoot(guest, `rm -rf ${DRAFT}`, signal);
  try {
    await guest.writeArchive(DRAFT, archive, signal);
  } catch (error) {
    // Whoever broke it off, what is there of it has to go.
    await asRoot(guest, `rm -rf ${DRAFT}`, undefined).catch(() => {});
    throw error;
  }
  await asRoot(guest, SWAP, signal);
};
