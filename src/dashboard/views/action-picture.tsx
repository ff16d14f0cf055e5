import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import type { Event } from "../../contract/events.ts";
import { urlOf } from "../state/api.ts";
import { tell } from "../words/event.ts";
import { moment } from "../words/time.ts";
import { Dialog } from "./dialog.tsx";

interface Of {
  computer: Computer;
  event: Event;
  /** The picture's id. */
  picture: string;
}

const sourceOf = ({ computer, picture }: Of): string =>
  urlOf("/v1/computers/{id}/pictures/{picture_id}", { id: computer.id, picture_id: picture });

/** The screen as an action left it, small; nothing when there is no picture any more. It is fetched when it comes into sight. */
export const ActionPicture = (of: Of) => {
  const [missing, setMissing] = useState(false);
  const [open, setOpen] = useState(false);
  if (missing) return null;
  const { width, height } = of.computer.browser?.viewport ?? { width: 16, height: 10 };
  return (
    <>
      <button type="button" class="left" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <img
          loading="lazy"
          src={sourceOf(of)}
          alt={`Screen after: ${tell(of.event)}`}
          style={{ aspectRatio: `${width} / ${height}` }}
          onError={() => setMissing(true)}
        />
      </button>
      {open && (
        <Dialog title={tell(of.event)} onClose={() => setOpen(false)}>
          <div class="sheet">
            <img class="enlarged" src={sourceOf(of)} alt={`Screen of ${of.computer.name} after it, ${moment(of.event.at)}`} />
            <div class="row end">
              <button type="button" onClick={() => setOpen(false)}>
                Close
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
};
