import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";

/** A second press that comes sooner is of the same act as the first, like that of a double click. Milliseconds. */
const SAME_ACT_MS = 500;

/** Asks before something is deleted for good; `children` say what goes with it. */
export const ConfirmDelete = ({
  name,
  onYes,
  onNo,
  children,
}: {
  name: string;
  onYes: () => void;
  onNo: () => void;
  children: ComponentChildren;
}) => {
  const [another, setAnother] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setAnother(true), SAME_ACT_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Dialog title={`Delete ${name}?`} onClose={onNo}>
      <div class="sheet">{children}</div>
      <div class="row end">
        <button type="button" autofocus onClick={onNo}>
          Keep it
        </button>
        <button type="button" class="danger" disabled={!another} onClick={onYes}>
          Delete {name}
        </button>
      </div>
    </Dialog>
  );
};
