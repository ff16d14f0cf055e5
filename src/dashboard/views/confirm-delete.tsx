import type { ComponentChildren } from "preact";
import { Dialog } from "./dialog.tsx";

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
}) => (
  <Dialog title={`Delete ${name}?`} onClose={onNo}>
    <p>{children}</p>
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
