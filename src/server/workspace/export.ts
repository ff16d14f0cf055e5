import { Readable } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import { FRAME, type Frame } from "../../contract/guest/frames.ts";
import type { ExecSpec } from "../../contract/guest/protocol.ts";
import { withDeadline } from "../deadline.ts";
import { exitOf } from "../guest/exec.ts";
import type { Guest } from "../guest/guest.ts";

/** Milliseconds until the first bytes come. */
const BEGIN_MS = 60_000;
/** The longest that the guest takes; the wait ends with the signal. */
const FOREVER_MS = 0x7fff_ffff;

/** A copy of one moment, made for this and removed however it ends; what a guest that died has left is removed by the next. */
const SCRIPT = `
top=/run/vitrine/celestofs
copy=$top/export-$$
trap 'btrfs -q subvolume delete $copy' EXIT
trap 'exit 1' TERM HUP INT
for old in $top/export-*; do
  [ ! -e "$old" ] || kill -0 "\${old##*-}" 2> /dev/null || btrfs -q subvolume delete "$old"
done
btrfs -q subvolume snapshot -r $top/home $copy && tar -C $copy -I 'gzip -1' -cf - .
`;
const SPEC: ExecSpec = { command: SCRIPT, user: "root", timeout_ms: FOREVER_MS };

/** The output of a run; fails when the run does. */
async function* stdoutOf(frames: AsyncIterable<Frame>): AsyncGenerator<Buffer> {
  let said = "";
  for await (const frame of frames) {
    if (frame.type === FRAME.stdout) yield frame.payload;
    else if (frame.type === FRAME.stderr) said = (said + frame.payload.toString("utf8")).slice(-500);
    else if (exitOf(frame).exit_code !== 0)
      throw new VitrineError("machine_failed", { reason: `its workspace cannot be exported: ${said.trim() || "tar was ended"}` });
  }
}

/** The whole of /home/ohm as tar.gz, as it is at this moment, whoever goes on writing. Resolves with the first bytes; destroying it ends the work in the guest. */
export const exportWorkspace = async (guest: Guest, signal: AbortSignal): Promise<Readable> => {
  const ended = new AbortController();
  const chunks = stdoutOf(guest.execStream(SPEC, AbortSignal.any([signal, ended.signal])));
  try {
    const first = await withDeadline("The beginning of the export", BEGIN_MS, signal, () => chunks.next());
    return Readable.from(
      (async function* () {
        if (!first.done) yield first.value;
        yield* chunks;
      })(),
      { objectMode: false },
    ).once("close", () => ended.abort(new Error("nobody reads it any more")));
  } catch (error) {
    ended.abort(error);
    throw error;
  }
};
