import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

/** Refusals that a trial looks at, the latest. */
const MOST = 2000;

export const networkHandlers = ({ timeline }: Context): Pick<Handlers, "getNetwork" | "setNetwork" | "tryNetwork"> => ({
  getNetwork: ({ params, computers }) => computers.network(params.id),
  setNetwork: ({ params, body, computers }) => computers.setNetwork(params.id, body),
  tryNetwork: ({ params, body, computers }) => {
    const { id } = computers.get(params.id);
    return computers.tryNetwork(id, body, timeline.latest(id, "egress.refused", MOST));
  },
});
