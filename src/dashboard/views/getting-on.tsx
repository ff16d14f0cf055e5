import type { Computer } from "../../contract/computer.ts";
import { progress } from "../state/fleet.ts";
import { now } from "../state/now.ts";
import { span } from "../words/time.ts";

/** How a computer that is being made gets on: what is being done, where that is told, and for how long already. */
export const GettingOn = ({ computer: { id, status, created_at } }: { computer: Pick<Computer, "id" | "status" | "created_at"> }) => {
  if (status !== "creating") return null;
  return (
    <p class="quiet" role="status">
      {progress.value.get(id) ?? "Being made"}, {span((now.value - Date.parse(created_at)) / 1000)} so far
    </p>
  );
};
