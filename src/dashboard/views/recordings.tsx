import { useRef, useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import type { Recording } from "../../contract/recordings.ts";
import { call } from "../state/api.ts";
import { type History, lastOf } from "../state/history.ts";
import { moment, position, size, span } from "../words/time.ts";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

/** The chapter that is being shown at a time of the video; -1 before the first. */
const chapterAt = ({ chapters }: Recording, seconds: number): number => chapters.findLastIndex(({ at_s }) => at_s <= seconds + 0.05);

const Player = ({ recording }: { recording: Recording }) => {
  const video = useRef<HTMLVideoElement>(null);
  const [current, setCurrent] = useState(-1);
  const seek = (seconds: number) => {
    const element = video.current as HTMLVideoElement;
    element.currentTime = seconds;
    element.focus();
  };
  const base = `/v1/computers/${recording.computer_id}/recordings/${recording.id}`;
  return (
    <div class="player">
      {/* biome-ignore lint/a11y/useMediaCaption: a screen has no speech. */}
      <video
        ref={video}
        controls
        playsInline
        preload="metadata"
        aria-label={`Recording of ${recording.computer_name}`}
        poster={`${base}/poster`}
        src={`${base}/video`}
        onTimeUpdate={({ currentTarget }) => setCurrent(chapterAt(recording, currentTarget.currentTime))}
      />
      {recording.chapters.length > 0 && (
        <ol class="chapters" aria-label="Chapters">
          {recording.chapters.map(({ title, at_s }, index) => (
            <li key={`${at_s} ${title}`}>
              <button type="button" aria-current={index === current ? "step" : undefined} onClick={() => seek(at_s)}>
                <span class="quiet">{position(at_s)}</span> {title}
              </button>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
};

const factsOf = ({ status, started_at, duration_s, size_bytes, error }: Recording): string =>
  [moment(started_at), ...(status === "ready" ? [span(duration_s), size(size_bytes)] : [error?.message ?? status])].join(" · ");

/** The computer's recordings, with a player; and the way to begin and end one. */
export const Recordings = ({ computer: { id, status, recording: filmed }, history }: { computer: Computer; history: History }) => {
  const [chosen, setChosen] = useState("");
  const doing = useDoing();
  const { value: recordings, problem } = useLoaded(
    async (signal) => (await call("get", "/v1/computers/{id}/recordings", { params: { id }, signal })).data,
    [id, filmed, lastOf(history, "recording.started", "recording.ended")],
  );
  const running = recordings?.find((one) => one.status === "recording");
  const shown = recordings?.find((one) => one.id === chosen && one.status === "ready");
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
      {shown && <Player key={shown.id} recording={shown} />}
      {recordings?.length === 0 && <p class="quiet">Nothing was recorded.</p>}
      <ul class="plain">
        {recordings?.map((one) => (
          <li key={one.id} class="row">
            <button type="button" disabled={one.status !== "ready"} aria-label={`Play ${factsOf(one)}`} onClick={() => setChosen(one.id)}>
              Play
            </button>
            {factsOf(one)}
          </li>
        ))}
      </ul>
    </>
  );
};
