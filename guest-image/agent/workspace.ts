import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { answerNothing, type Handler, readJson } from "./call.ts";
import type { Places } from "./places.ts";

/** What is there while it is held (rootfs: bin/workspace). In the run directory. */
export const HELD = "celestofs/held";
/** Taking all that is free of a large workspace. Milliseconds. */
const HOLD_MS = 60_000;

/** POST /workspace: takes what is free of the workspace, or gives it back. */
export const workspace =
  (places: Places): Handler =>
  async ({ stream }) => {
    const { hold } = await readJson<{ hold: boolean }>(stream);
    if (hold || existsSync(join(places.run, HELD)))
      await promisify(execFile)(places.workspace, [hold ? "hold" : "release"], { timeout: HOLD_MS });
    answerNothing(stream);
  };
