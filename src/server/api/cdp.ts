import type { Router } from "express";
import { VitrineError } from "../../contract/errors.ts";
import type { RouteId } from "../../contract/routes.ts";
import { audit } from "../auth/audit.ts";
import { hasBrowser } from "../computers/record.ts";
import { withDeadline } from "../deadline.ts";
import { cdpHttp } from "../relay/cdp-http.ts";
import { admitToComputer } from "./access.ts";
import type { Context } from "./context.ts";
import { cdpPath, wsBase } from "./urls.ts";

const CALL_MS = 60_000;

/** What discovery does beside telling what there is, by the name of its call. */
const CHANGES = { new: "cdpNew", activate: "cdpActivate", close: "cdpClose" } as const satisfies Record<string, RouteId>;

/** The DevTools discovery endpoints of a computer, under .../cdp/json. The WebSocket itself is in upgrade.ts. */
export const cdpRoutes = (router: Router, context: Context): void => {
  router.all("/v1/computers/:id/cdp{/*rest}", async (request, response) => {
    const { record, caller, computers, token } = admitToComputer(
      context,
      request,
      { idOrName: request.params.id as string, power: "cdp" },
      "look",
    );
    if (!hasBrowser(record)) throw new VitrineError("no_browser");
    const { live } = computers.running(record.id, "CDP");
    const path = request.originalUrl.slice(request.originalUrl.indexOf("/cdp") + "/cdp".length);
    const [, verb] = /^\/json\/(new|activate|close)(?=[/?]|$)/.exec(path) ?? [];
    if (verb) audit(context.emit, caller, { action: CHANGES[verb as keyof typeof CHANGES], computerId: record.id });
    const answer = await withDeadline("Chromium's answer", CALL_MS, undefined, (signal) =>
      cdpHttp({
        guest: live.guest,
        method: request.method === "HEAD" ? "GET" : request.method,
        path: path === "" || path.startsWith("?") ? `/${path}` : path,
        urls: { wsBase: `${wsBase(request)}${cdpPath(record.id)}`, token },
        signal,
      }),
    );
    response.status(answer.status).set(answer.headers).send(answer.body);
  });
};
