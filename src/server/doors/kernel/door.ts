import { type ErrorRequestHandler, type RequestHandler, Router } from "express";
import { VitrineError } from "../../../contract/errors.ts";
import type { Context } from "../../api/context.ts";
import { answerErrors, toVitrineError } from "../../api/errors.ts";
import type { OtherDoor } from "../../api/other-door.ts";
import { exchangeOf, jsonReader, send } from "../../api/route.ts";
import type { Caller } from "../../auth/caller.ts";
import { browserVerbs } from "./browsers.ts";
import { computerVerbs } from "./computer.ts";
import { mayRepeat, toErrorModel } from "./errors.ts";
import { fileVerbs } from "./fs.ts";
import { processVerbs } from "./process.ts";
import { replayVerbs } from "./replays.ts";
import { refuseUnmapped } from "./unmapped.ts";
import type { Verb } from "./verb.ts";

const VERBS: readonly Verb[] = [...browserVerbs, ...computerVerbs, ...processVerbs, ...replayVerbs, ...fileVerbs];

const sayWhetherToRepeat: ErrorRequestHandler = (error, request, response, next) => {
  if (!response.headersSent) response.setHeader("X-Should-Retry", String(mayRepeat(toVitrineError(error, String(request.id)))));
  next(error);
};

/**
 * Kernel's REST API for browsers, as its SDK calls it, at /browsers: each call is said in the words of /v1 and done by the same operation, for the same API key.
 * What has no equal here is refused with unsupported_option, which says what there is instead.
 */
export const kernelDoor = (context: Context): OtherDoor => ({
  routes: (app, operate) => {
    const router = Router();
    const callers = new WeakMap<object, Caller>();
    const readJson = jsonReader(context.limits);
    router.use((request, _response, next) => {
      callers.set(request, context.keys.caller(request));
      next();
    });
    for (const { method, path, raw, status = 200, does } of VERBS) {
      const handle: RequestHandler = async (request, response) => {
        const caller = callers.get(request);
        if (!caller) throw new VitrineError("unauthorized");
        const exchange = exchangeOf(request, response, caller);
        const answer = await does({
          ...exchange,
          caller,
          context,
          params: request.params as Record<string, string>,
          query: request.query,
          body: request.body ?? {},
          run: (id, given) => operate(id, exchange, given),
        });
        send(response, status, answer);
      };
      router[method](path, ...(raw || method === "get" ? [] : [readJson]), handle);
    }
    router.use(refuseUnmapped);
    router.use(sayWhetherToRepeat);
    router.use(answerErrors(context.log, (request) => String(request.id), toErrorModel));
    app.use("/browsers", router);
  },
});
