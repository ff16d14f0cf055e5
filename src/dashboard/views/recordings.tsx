import type { Computer } from "../../contract/computer.ts";
import type { Recording } from "../../contract/recordings.ts";
import { call } from "../state/api.ts";
import { type History, lastOf } from "../state/history.ts";
import type { Playback } from "../state/playback.ts";
import { moment, size, span } from "../words/time.ts";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

const factsOf = ({ status, started_at, duration_s, size_bytes, error }: Recording): string =>
  [moment(started_at), ...(status === "ready" ? [span(duration_s), size(size_bytes)] : [error?.message ?? status])].join(" · ");

interface Props {
  computer: Computer;
  history: History;
  playback: Playback;
}

/** The computer's recordings, to be opened; and the way to begin and end one. */
export const Recordings = ({ computer: { id, status, recording: filmed }, history, playback }: Props) => {
  const doing = useDoing();
  const { value: recordings, problem } = useLoaded(
    async (signal) => (await call("get", "/v1/computers/{id}/recordings", { params: { id }, signal })).data,
    [id, filmed, lastOf(history, "recording.started", "recording.ended")],
  );
  const running = recordings?.find((one) => one.status === "recording");
  const begin = () => doing.run(async () => void (await call("post", "/v1/computers/{id}/recordings", { params: { id }, body: {} })));
  const end = ({ id: rid }: Recording) =>
    doing.run(async () => void (await call("post", "/v1/computers/{id}/recordings/{rid}/stop", { params: { id, rid } })));
  return (
    <>
      <div class="row">
        {running ? (
          <button type="button" disabled={doing.busy} onClick={() => void end(running)}>
            {doing.busy ? "Ending the recording" : "End the recording"}
          </button>
        ) : (
          <button type="button" class="primary" disabled={doing.busy || status !== "running"} onClick={() => void begin()}>
            Record
          </button>
        )}
      </div>
      <p class="problem" role="alert">
        {doing.problem || problem}
      </p>
      {recordings?.length === 0 && <p class="quiet">Nothing was recorded.</p>}
      <ul class="plain">
        {recordings?.map((one) => (
          <li key={one.id} class="row">
            <button type="button" disabled={one.status !== "ready"} aria-label={`Play ${factsOf(one)}`} onClick={() => playback.open(one)}>
              Play
            </button>
            {factsOf(one)}
          </li>
        ))}
      </ul>
    </>
  );
};
