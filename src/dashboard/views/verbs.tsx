import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import { fork, remove, start, stop } from "../state/verbs.ts";
import { goesWith } from "../words/delete.ts";
import { ConfirmDelete } from "./confirm-delete.tsx";
import { useDoing } from "./use-doing.ts";

const MAY_START: readonly Computer["status"][] = ["stopped", "restorable", "error"];

/** The buttons for a computer as a whole. What fails is said below them. */
export const Verbs = ({ computer, onDeleted = () => {} }: { computer: Computer; onDeleted?: () => void }) => {
  const { busy, problem, run } = useDoing();
  const [doing, setDoing] = useState("");
  const [asking, setAsking] = useState(false);
  const { name, status } = computer;

  const begin = (what: string, verb: (computer: Computer) => Promise<void>, after = () => {}) => {
    setDoing(what);
    void run(async () => {
      await verb(computer);
      after();
    });
  };
  const button = (label: string, what: string, verb: (computer: Computer) => Promise<void>) => (
    <button type="button" aria-label={`${label} ${name}`} disabled={busy} onClick={() => begin(what, verb)}>
      {label}
    </button>
  );

  return (
    <>
      <div class="row">
        {status === "running" && button("Stop", "Stopping", stop)}
        {MAY_START.includes(status) && button("Start", "Starting", start)}
        {(status === "running" || status === "stopped" || status === "restorable") && button("Fork", "Copying", fork)}
        {status !== "deleting" && (
          <button type="button" class="danger" aria-label={`Delete ${name}`} disabled={busy} onClick={() => setAsking(true)}>
            Delete
          </button>
        )}
        <span class="quiet" role="status">
          {busy && doing}
        </span>
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
      {asking && (
        <ConfirmDelete
          name={name}
          onNo={() => setAsking(false)}
          onYes={() => {
            setAsking(false);
            begin("Deleting", remove, onDeleted);
          }}
        >
          <ul>
            {goesWith(computer).map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </ConfirmDelete>
      )}
    </>
  );
};
