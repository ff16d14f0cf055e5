import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import { wordsOf } from "../state/api.ts";
import { fork, remove, start, stop } from "../state/verbs.ts";
import { Dialog } from "./dialog.tsx";

const MAY_START: readonly Computer["status"][] = ["stopped", "restorable", "error"];

const ConfirmDelete = ({ name, onYes, onNo }: { name: string; onYes: () => void; onNo: () => void }) => (
  <Dialog title={`Delete ${name}?`} onClose={onNo}>
    <p>Its disks, files and snapshots go with it, and cannot be brought back. Its recordings stay.</p>
    <div class="row end">
      <button type="button" autofocus onClick={onNo}>
        Keep it
      </button>
      <button type="button" class="danger" onClick={onYes}>
        Delete {name}
      </button>
    </div>
  </Dialog>
);

/** The buttons for a computer as a whole. What fails is said below them. */
export const Verbs = ({ computer, onDeleted = () => {} }: { computer: Computer; onDeleted?: () => void }) => {
  const [busy, setBusy] = useState("");
  const [problem, setProblem] = useState("");
  const [asking, setAsking] = useState(false);
  const { name, status } = computer;

  const run = async (doing: string, verb: (computer: Computer) => Promise<void>, after = () => {}) => {
    setBusy(doing);
    setProblem("");
    try {
      await verb(computer);
      after();
    } catch (error) {
      setProblem(wordsOf(error));
    }
    setBusy("");
  };
  const button = (label: string, doing: string, verb: (computer: Computer) => Promise<void>) => (
    <button type="button" aria-label={`${label} ${name}`} disabled={busy !== ""} onClick={() => void run(doing, verb)}>
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
          <button type="button" class="danger" aria-label={`Delete ${name}`} disabled={busy !== ""} onClick={() => setAsking(true)}>
            Delete
          </button>
        )}
        <span class="quiet" role="status">
          {busy}
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
            void run("Deleting", remove, onDeleted);
          }}
        />
      )}
    </>
  );
};
