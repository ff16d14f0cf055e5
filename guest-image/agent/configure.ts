import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import type { GuestSettings, PowerRequest } from "../../src/contract/guest/protocol.ts";
import { answerNothing, type Handler, readJson } from "./call.ts";
import { invalid } from "./fault.ts";
import { log } from "./log.ts";
import type { Places } from "./places.ts";
import type { Settings } from "./settings.ts";

/** A clock that is off by less is left alone. */
const CLOCK_TOLERANCE_MS = 50;

/** POST /configure: changes what runs. */
export const configure =
  (places: Places, settings: Settings): Handler =>
  async ({ stream }) => {
    const change = await readJson<GuestSettings>(stream);
    if (change.clock_ms !== undefined && Math.abs(change.clock_ms - Date.now()) > CLOCK_TOLERANCE_MS)
      await promisify(execFile)(places.date, ["-u", "-s", `@${(change.clock_ms / 1000).toFixed(3)}`]);
    settings.update(change);
    answerNothing(stream);
  };

/** POST /power: the guest powers off by itself once the answer is on its way. */
export const power =
  (places: Places): Handler =>
  async ({ stream }) => {
    const { action } = await readJson<PowerRequest>(stream);
    if (action !== "off") throw invalid("the only power action is off");
    stream.once("close", () => {
      const child = spawn(places.powerOff, [], { detached: true, stdio: "ignore", cwd: "/" });
      child.once("error", (error) => log("cannot power off", error));
      child.unref();
    });
    answerNothing(stream);
  };
