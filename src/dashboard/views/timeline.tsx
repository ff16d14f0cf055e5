import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import type { History } from "../state/history.ts";
import type { Playback } from "../state/playback.ts";
import { isOf, isTrouble, KINDS, type Kind, tell } from "../words/event.ts";
import { picturesOf } from "../words/pictures.ts";
import { eventAt, placeOf } from "../words/playback.ts";
import { clock, moment } from "../words/time.ts";
import { ActionPicture } from "./action-picture.tsx";
import { Choice } from "./choice.tsx";
import "../styles/timeline.css";

/** Scrolls a list, and nothing around it, until an entry can be seen. */
const show = (list: HTMLElement, entry: HTMLElement): void => {
  const top = entry.offsetTop;
  const isSeen = top >= list.scrollTop && top + entry.offsetHeight <= list.scrollTop + list.clientHeight;
  if (!isSeen) list.scrollTop = top - (list.clientHeight - entry.offsetHeight) / 2;
};

/** What happened, the newest first. It moves with the recording that is open, and moves it. */
export const Timeline = ({ computer, history, playback }: { computer: Computer; history: History; playback: Playback }) => {
  const list = useRef<HTMLOListElement>(null);
  const kind = useSignal<Kind>("all");
  const shown = useComputed(() => history.value.filter((event) => isOf(event, kind.value)));
  const pictures = useComputed(() => picturesOf(history.value));
  const current = useComputed(() => {
    const recording = playback.recording.value;
    return recording && eventAt(shown.value, recording, playback.seconds.value);
  });
  useEffect(() => {
    const entry = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (list.current && entry) show(list.current, entry);
  }, [current.value]);
  const recording = playback.recording.value;
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="row">
        <h2>Timeline</h2>
        <span class="gap" />
        <Choice
          label="Show"
          options={Object.entries(KINDS)}
          value={kind.value}
          onChange={(chosen) => {
            kind.value = chosen as Kind;
          }}
        />
      </div>
      {shown.value.length === 0 && <p class="quiet">Nothing yet.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <ol ref={list} tabIndex={0} aria-label="Events, newest first">
        {[...shown.value].reverse().map((event) => {
          const place = recording && placeOf(recording, event);
          const picture = pictures.value.get(event.id);
          const words = (
            <>
              <time class="quiet" dateTime={event.at} title={moment(event.at)}>
                {clock(event.at)}
              </time>{" "}
              {tell(event)}
            </>
          );
          return (
            <li key={event.id} class={isTrouble(event) ? "bad" : undefined} aria-current={event.id === current.value ? "step" : undefined}>
              {place === null ? (
                words
              ) : (
                <button type="button" class="place" onClick={() => playback.seek(place)}>
                  {words}
                </button>
              )}
              {picture && <ActionPicture key={picture} computer={computer} event={event} picture={picture} />}
            </li>
          );
        })}
      </ol>
    </section>
  );
};
