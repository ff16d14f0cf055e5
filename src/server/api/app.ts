import { randomUUID } from "node:crypto";
import express, { type Express } from "express";
import type { Logger } from "pino";
import { pinoHttp } from "pino-http";
import { checkOrigin } from "../auth/guards.ts";
import { actionPictureHandlers } from "./action-pictures.ts";
import { actionHandlers } from "./actions.ts";
import { cdpRoutes } from "./cdp.ts";
import { computerHandlers } from "./computers.ts";
import type { Context } from "./context.ts";
import { controlHandlers, liveControlRoutes } from "./control.ts";
import { dashboardRoutes } from "./dashboard.ts";
import { answerErrors, notFound } from "./errors.ts";
import { eventHandlers } from "./events.ts";
import { execHandlers } from "./exec.ts";
import { fileHandlers } from "./files.ts";
import { keyHandlers } from "./keys.ts";
import { linkHandlers } from "./links.ts";
import { liveStateRoute } from "./live-state.ts";
import { logHandlers } from "./logs.ts";
import { networkHandlers } from "./network.ts";
import { createOperate } from "./operate.ts";
import type { OtherDoor } from "./other-door.ts";
import { pageRoutes } from "./pages.ts";
import { portHandlers } from "./ports.ts";
import { profileHandlers } from "./profiles.ts";
import { recordingMediaRoutes } from "./recording-media.ts";
import { recordingHandlers } from "./recordings.ts";
import type { OpenRelays } from "./relays.ts";
import { bindRoutes } from "./route.ts";
import { screenshotHandlers } from "./screenshot.ts";
import { serviceHandlers } from "./service.ts";
import { sessionHandlers } from "./session.ts";
import { snapshotHandlers } from "./snapshots.ts";
import { terminalHandlers } from "./terminals.ts";
import { webhookHandlers } from "./webhooks.ts";

/** The HTTP side of the service. Queries are left out of the log, because they carry tokens. */
export const createApp = (context: Context, relays: OpenRelays, doors: readonly OtherDoor[], logger: Logger): Express => {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.use(
    pinoHttp({
      logger,
      genReqId: (_request, response) => {
        const id = randomUUID();
        response.setHeader("X-Request-Id", id);
        return id;
      },
      serializers: {
        req: ({ id, method, url }) => ({ id, method, path: String(url).split("?", 1)[0] }),
        res: ({ statusCode }) => ({ status: statusCode }),
      },
      customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? "error" : "debug"),
    }),
  );
  app.use((request, response, next) => {
    // Log, door, lane, caller and handler each see to the answer's end; pipelines add theirs.
    response.setMaxListeners(32);
    // URLs of ours may hold a token.
    response.setHeader("Referrer-Policy", "no-referrer");
    checkOrigin(request, context.allowedHosts);
    next();
  });
  pageRoutes(app, context);
  dashboardRoutes(app, context);
  liveStateRoute(app, context, relays);
  liveControlRoutes(app, context);
  cdpRoutes(app, context);
  recordingMediaRoutes(app, context);
  const operate = createOperate(context, {
    ...actionHandlers(context),
    ...actionPictureHandlers(context),
    ...computerHandlers(context),
    ...controlHandlers(context),
    ...eventHandlers(context),
    ...execHandlers(context),
    ...fileHandlers(context),
    ...keyHandlers(context),
    ...linkHandlers(context, relays),
    ...logHandlers(context),
    ...networkHandlers(context),
    ...portHandlers(context, relays),
    ...profileHandlers(),
    ...recordingHandlers(context),
    ...screenshotHandlers(context),
    ...serviceHandlers(context),
    ...sessionHandlers(context),
    ...snapshotHandlers(context),
    ...terminalHandlers(context),
    ...webhookHandlers(context),
  });
  bindRoutes(app, operate, context, relays);
  for (const door of doors) door.routes(app, operate);
  app.use(notFound);
  app.use(answerErrors(context.log, (request) => String(request.id)));
  return app;
};
