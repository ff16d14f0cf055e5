import { Outward, parseAnswer } from "./answers.ts";
import { send } from "./call.ts";
import { followLines } from "./follow.ts";
import type { Outside, Target } from "./guest.ts";
import type { GuestLog, Link } from "./link.ts";

const MAX_LINE = 512;
/** Connections of one guest that may be open at once; further ones are left, and the agent gives them up. */
const MAX_OPEN = 1024;

/** Takes the guest's outgoing connections as it tells of them, until the link is closed. */
export const serveConnections = (link: Link, log: GuestLog, { accept, refused }: Outside): void => {
  const signal = link.closed;
  let open = 0;

  const take = async (id: number, target: Target): Promise<void> => {
    if (open >= MAX_OPEN) return;
    open++;
    try {
      const { stream } = await send(link, { method: "POST", path: `/connections/${id}`, open: true, signal });
      if (stream.closed) throw new Error("it was reset");
      stream.once("close", () => open--);
      accept(target, stream);
    } catch {
      // The program has gone away, or the link has; either way there is nobody to tell.
      open--;
    }
  };

  void followLines(link, { path: "/connections", maxLine: MAX_LINE }, signal, {
    onLine: (line) => {
      const said = parseAnswer(Outward, line, "a connection");
      if ("refused" in said) refused(said.refused);
      else void take(said.connection.id, { address: said.connection.address, port: said.connection.port });
    },
    onFailure: (error) => log("the guest's connections cannot be served", { error: error.message }),
  });
};
