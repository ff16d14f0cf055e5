import { VitrineError } from "../../contract/errors.ts";
import { openCdpSession } from "../browser/cdp-session.ts";
import { browserVerbs } from "../browser/verbs.ts";
import { hasBrowser, hasDisplay } from "../computers/record.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

export const actionHandlers = ({ perform }: Context): Pick<Handlers, "actions"> => ({
  actions: async ({ params, computers, body, actor, signal }) => {
    const { record, live } = computers.answering(params.id, "an action");
    if (!hasBrowser(record)) throw new VitrineError("no_display");
    const release = live.activity.hold("action");
    try {
      const openCdp = (within: AbortSignal) => openCdpSession(live.guest, within);
      const screen = hasDisplay(record);
      return await perform({ computerId: record.id, screen, browser: browserVerbs(live.guest), openCdp, body, actor, signal });
    } finally {
      release();
    }
  },
});
