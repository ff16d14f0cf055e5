import { useState } from "preact/hooks";
import { computers } from "../state/fleet.ts";
import { arrange, EVERYTHING } from "../words/arrange.ts";
import { connectedToAll } from "../words/connected.ts";
import { Card } from "./card.tsx";
import { CreateDialog } from "./create.tsx";
import { Filters } from "./filters.tsx";
import { FirstRun } from "./first-run.tsx";
import { useTitle } from "./use-title.ts";
import "../styles/grid.css";

/** Arrow keys, Home and End go from card to card, on the link that opens each. */
const onKeyDown = (event: KeyboardEvent): void => {
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("h2 a")];
  const from = links.indexOf(event.target as HTMLElement);
  if (from < 0) return;
  const top = (at: number): number | undefined => links[at]?.closest("li")?.offsetTop;
  const columns = links.filter((_, at) => top(at) === top(0)).length;
  const steps: Record<string, number> = {
    ArrowRight: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: from + columns,
    ArrowUp: from - columns,
    Home: 0,
    End: links.length - 1,
  };
  const to = links[steps[event.key] ?? -1];
  if (!to) return;
  event.preventDefault();
  to.focus();
};

/** Every computer as a card. */
export const Grid = () => {
  const [arrangement, setArrangement] = useState(EVERYTHING);
  const [creating, setCreating] = useState(false);
  useTitle("Computers");
  const all = computers.value;
  if (all === null)
    return (
      <main class="centre">
        <p role="status">Loading the computers</p>
      </main>
    );
  const dialog = creating && <CreateDialog onClose={() => setCreating(false)} />;
  if (all.size === 0)
    return (
      <main class="page">
        <FirstRun onOptions={() => setCreating(true)} />
        {dialog}
      </main>
    );
  const shown = arrange(all.values(), arrangement);
  const who = connectedToAll(shown);
  return (
    <main class="page">
      <div class="row">
        <h1 tabIndex={-1}>Computers</h1>
        <span class="quiet" role="status">
          {shown.length === all.size ? all.size : `${shown.length} of ${all.size}`}
          {who && ` · ${who}`}
        </span>
        <span class="gap" />
        <button type="button" class="primary" onClick={() => setCreating(true)}>
          New computer
        </button>
      </div>
      <Filters all={all} arrangement={arrangement} onChange={setArrangement} />
      {shown.length === 0 && <p>No computer is like that.</p>}
      <ul class="grid" onKeyDown={onKeyDown}>
        {shown.map((computer) => (
          <Card key={computer.id} computer={computer} />
        ))}
      </ul>
      {dialog}
    </main>
  );
};
