import { StartRecording } from "../../contract/recordings.ts";
import { type ComputerRecord, hasDisplay } from "../computers/record.ts";
import { begin } from "./start.ts";
import type { Studio } from "./studio.ts";

/** Keeps recordings in step with a computer: `record_video` begins one each time it runs, and all of them end when it does not run any more. */
export const follow = (studio: Studio, computer: ComputerRecord): void => {
  if (computer.status !== "running") {
    for (const { id } of studio.store.recordings.ofComputer(computer.id)) studio.sessions.get(id)?.end("computer_stopped");
    return;
  }
  const wanted = computer.spec.record_video;
  if (!wanted || studio.closing || !hasDisplay(computer)) return;
  // One that was stopped by hand stays stopped until the computer starts anew.
  if (studio.store.recordings.hasAutomaticSince(computer.id, computer.started_at ?? computer.created_at)) return;
  begin(studio, computer, StartRecording.parse(wanted === true ? {} : wanted), 1).catch((error) =>
    studio.log.error({ computer: computer.id, err: error }, "record_video could not begin"),
  );
};
