import type { Studio } from "./studio.ts";
import { discard } from "./sweep.ts";

/** Removes a recording whatever it is doing. Repeating it is a success. */
export const remove = async (studio: Studio, id: string): Promise<void> => {
  const session = studio.sessions.get(id);
  session?.end("removed");
  await session?.done;
  await discard(studio, id);
};
