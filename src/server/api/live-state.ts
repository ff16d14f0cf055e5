import type { Request, Response, Router } from "express";
import { sessionCookie } from "../auth/cookies.ts";
import { tokenOf } from "../auth/tokens.ts";
import type { ComputerRecord } from "../computers/record.ts";
import type { LinkRecord } from "../store/links.ts";
import { admitToComputer } from "./access.ts";
import type { Context } from "./context.ts";
import { viewerOf } from "./control.ts";
import type { OpenRelays } from "./relays.ts";
import { openSse } from "./sse.ts";
import { displayPath, isSecure, livePath } from "./urls.ts";

/** The live page goes on with a session in the place of a token that cannot be used again. `id` is what the page's own path has. */
const giveSession = ({ sign }: Context, request: Request, response: Response, id: string, link: LinkRecord): void => {
  const session = tokenOf(sign, link, "session");
  for (const path of [livePath(id), displayPath(id)]) {
    const cookie = { path, sameSite: "Strict" as const, secure: isSecure(request), expiresAt: link.expires_at };
    response.append("Set-Cookie", sessionCookie(session, cookie));
  }
};

/**
 * The computer's state, how many watch it, who drives, and that the link ends soon, as events for the live page: it needs no key but its own link. A one-time
 * link is used by the first of them, not by the page itself, which programs that preview links fetch too.
 */
export const liveStateRoute = (router: Router, context: Context, relays: OpenRelays): void => {
  router.get("/live/:id/state", async (request, response) => {
    const viewer = viewerOf(request);
    const { record, caller, computers, link, power, used } = admitToComputer(context, request, {
      idOrName: request.params.id,
      power: "view",
    });
    used();
    const session = link?.one_time === 1;
    if (session) giveSession(context, request, response, request.params.id, link);
    const sse = openSse(response);
    let ending = false;
    const control = () => {
      const { holder, name } = context.control.get(record.id);
      return { holder, name, mine: viewer !== null && context.control.isViewer(record.id, viewer) };
    };
    const tell = ({ name, status }: ComputerRecord) => {
      const viewers = context.viewers.count(record.id);
      const link_ends_in_s = ending && link?.expires_at ? Math.ceil((Date.parse(link.expires_at) - Date.now()) / 1000) : null;
      const can = power === "view" ? "view" : "control";
      return sse.send("message", { name, status, power: can, viewers, control: control(), session, link_ends_in_s });
    };
    const tellNow = (id: string) => {
      const now = id === record.id ? computers.find(id) : null;
      if (now) void tell(now).catch(() => {});
    };
    const { signal, release } = relays.add({
      kind: "live",
      computerId: record.id,
      link,
      caller,
      outlivesStop: true,
      onEnding: () => {
        ending = true;
        tellNow(record.id);
      },
    });
    signal.addEventListener("abort", sse.end, { once: true });
    const stopCounting = context.viewers.onChange(tellNow);
    const stop = computers.onChange((changed) => {
      if (changed.id !== record.id) return;
      void tell(changed).catch(() => {});
      if (changed.status === "deleted") sse.end();
    });
    const stopControl = context.control.onChange(tellNow);
    const leave = viewer === null || power === "view" ? () => {} : context.control.watch(record.id, viewer);
    response.once("close", () => {
      release();
      stop();
      stopCounting();
      stopControl();
      leave();
    });
    await tell(computers.get(record.id)).catch(() => {});
  });
};
