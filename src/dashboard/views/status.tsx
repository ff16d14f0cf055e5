import type { Computer } from "../../contract/computer.ts";

/** The status as a word with a dot of its colour, and whether the screen is being recorded. */
export const Status = ({ computer: { status, recording } }: { computer: Pick<Computer, "status" | "recording"> }) => (
  <span class="status">
    <span class={`dot ${status}`} aria-hidden="true" />
    {status}
    {recording && (
      <span class="recording">
        <span class="dot filmed" aria-hidden="true" />
        recording
      </span>
    )}
  </span>
);
