import { size } from "../words/time.ts";
import type { Transfer } from "./use-transfer.ts";

/** How far a transfer is, with a button that cancels it. */
export const TransferBar = ({ transfer: { name, bytes, total }, onCancel }: { transfer: Transfer; onCancel: () => void }) => (
  <div class="row">
    <progress aria-label={name} {...(total !== null && { max: Math.max(1, total), value: bytes })} />
    <span>
      {name}: {size(bytes)}
      {total !== null && ` of ${size(total)}`}
    </span>
    <button type="button" aria-label={`Cancel ${name}`} onClick={onCancel}>
      Cancel
    </button>
  </div>
);
