import { useState } from "preact/hooks";
import { computers } from "../state/fleet.ts";
import { arrange, EVERYTHING } from "../words/arrange.ts";
import { Card } from "./card.tsx";
import { CreateDialog } from "./create.tsx";
import { Filters } from "./filters.tsx";
import { FirstRun } from "./first-run.tsx";
import { useTitle } from "./use-title.ts";
import "../styles/grid.css";

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
  return (
    <main class="page">
      <div class="row">
        <h1 tabIndex={-1}>Computers</h1>
        <span class="quiet" role="status">
          {shown.length === all.size ? all.size : `${shown.length} of ${all.size}`}
        </span>
        <span class="gap" />
        <button type="button" class="primary" onClick={() => setCreating(true)}>
          New computer
        </button>
      </div>
      <Filters all={all} arrangement={arrangement} onChange={setArrangement} />
      {shown.length === 0 && <p>No computer is like that.</p>}
      <ul class="grid">
        {shown.map((computer) => (
          <Card key={computer.id} computer={computer} />
        ))}
      </ul>
      {dialog}
    </main>
  );
};
