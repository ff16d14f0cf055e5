import { useState } from "preact/hooks";
import type { History } from "../state/history.ts";
import { isOf, isTrouble, KINDS, type Kind, tell } from "../words/event.ts";
import { clock, moment } from "../words/time.ts";
import { Choice } from "./choice.tsx";

/** What happened, the newest first. */
export const Timeline = ({ history }: { history: History }) => {
  const [kind, setKind] = useState<Kind>("all");
  const shown = history.value.filter((event) => isOf(event, kind)).reverse();
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="row">
        <h2>Timeline</h2>
        <span class="gap" />
        <Choice label="Show" options={Object.entries(KINDS)} value={kind} onChange={(chosen) => setKind(chosen as Kind)} />
      </div>
      {shown.length === 0 && <p class="quiet">Nothing yet.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard. */}
      <ol tabIndex={0} aria-label="Events, newest first">
        {shown.map((event) => (
          <li key={event.id} class={isTrouble(event) ? "bad" : undefined}>
            <time class="quiet" dateTime={event.at} title={moment(event.at)}>
              {clock(event.at)}
            </time>{" "}
            {tell(event)}
          </li>
        ))}
      </ol>
    </section>
  );
};
