import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import { VitrineError } from "../../contract/errors.ts";
import type { Route } from "../../contract/route.ts";
import { ROUTES, type RouteId } from "../../contract/routes.ts";
import type { Caller } from "../auth/caller.ts";
import type { Limits } from "../setup/limits.ts";
import { callerOf } from "./caller.ts";
import type { Context } from "./context.ts";
import { cutAtEnd } from "./cut.ts";
import { admitByLink } from "./link-access.ts";
import { type Bound, type Exchange, isJson, type Operate } from "./operate.ts";
import type { OpenRelays } from "./relays.ts";

/** Reads a JSON body, whole and in time: one that only trickles in is given up like one that has stopped. */
export const jsonReader = ({ bodyBytes, stallS }: Pick<Limits, "bodyBytes" | "stallS">): RequestHandler => {
  const read = express.json({ limit: bodyBytes, type: () => true, strict: true });
  return (request, response, next) => {
    let given = false;
    const goOn = (error?: unknown) => {
      clearTimeout(timer);
      if (!given) next(error);
      given = true;
    };
    const timer = setTimeout(() => goOn(new VitrineError("request_timeout", { part: "body", timeout_s: stallS })), stallS * 1000);
    read(request, response, goOn);
  };
};

const clientGone = (response: Response): AbortSignal => {
  const abort = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) abort.abort(new Error("the client went away"));
  });
  return abort.signal;
};

/** Begins to answer a request whose caller is known. Throws unauthorized when its key was revoked while the body came. */
export const exchangeOf = (request: Request, response: Response, caller: Caller | undefined): Exchange => {
  if (caller?.ended?.aborted) throw new VitrineError("unauthorized");
  if (caller) cutAtEnd(response, caller);
  return { caller, request, response, signal: clientGone(response) };
};

/** Sends an answer, unless one was written. */
export const send = (response: Response, status: number, answer: unknown): void => {
  if (response.headersSent || response.destroyed) return;
  response.status(status);
  if (answer === undefined) response.end();
  else response.json(answer);
};

/** Without the token, where a link may be what let the call in. */
const queryOf = (route: Route, { query }: Request): unknown => {
  if (route.power === undefined) return query;
  const { token: _, ...rest } = query;
  return rest;
};

/** Binds every call of the contract. Who calls is found out before anything of the call is read. */
export const bindRoutes = (router: Router, operate: Operate, context: Context, relays: OpenRelays): void => {
  const callers = new WeakMap<Request, Caller>();
  const readJson = jsonReader(context.limits);
  for (const [id, route] of Object.entries(ROUTES) as [RouteId, Route][]) {
    if (route.auth === "link") continue;
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    const authorised: RequestHandler = (request, response, next) => {
      if (route.auth !== "none") {
        const caller = admitByLink(context, relays, route, request, response) ?? callerOf(context, request);
        if (route.auth === "operator" && caller.key !== null) throw new VitrineError("operator_only");
        callers.set(request, caller);
      }
      next();
    };
    const handle: RequestHandler = async (request, response) => {
      const exchange = exchangeOf(request, response, callers.get(request));
      const given = { params: request.params, query: queryOf(route, request), body: request.body };
      send(response, route.status, await operate(id as Bound, exchange, given));
    };
    router[route.method](path, authorised, ...(isJson(route.body) ? [readJson] : []), handle);
  }
};
