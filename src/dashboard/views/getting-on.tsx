import type { Computer } from "../../contract/computer.ts";
import { progress } from "../state/fleet.ts";
import { now } from "../state/now.ts";
import { span } from "../words/time.ts";

/** How a computer that is being made gets on: what is being done, where that is told, and for how long already. */
export const GettingOn = ({ computer: { id, status, created_at } }: { computer: Pick<Computer, "id" | "status" | "created_at"> }) => {
  if (status !== "creating") return null;
  const words = progress.value.get(id);
  return (
    <p class="quiet" role="status">
      {words ? `${words}, ` : "Being made "}
      {words ? "since " : "for "}
      {span((now.value - Date.parse(created_at)) / 1000)}
    </p>
  );
};
