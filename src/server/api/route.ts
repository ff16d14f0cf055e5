import express, { type Request, type RequestHandler, type Response, type Router } from "express";
import type { z } from "zod";
import { type ErrorCode, VitrineError } from "../../contract/errors.ts";
import { type BodyShape, type Media, PathParams, type Route } from "../../contract/route.ts";
import { ROUTES, type RouteId } from "../../contract/routes.ts";
import type { Caller } from "../auth/caller.ts";
import type { Computers } from "../computers/computers.ts";
import { parse } from "../parse.ts";
import type { Recordings } from "../recordings/recordings.ts";
import type { Limits } from "../setup/limits.ts";
import { audited } from "./audited.ts";
import type { Context } from "./context.ts";
import { cutAtEnd } from "./cut.ts";
import { admitByLink } from "./link-access.ts";
import type { OpenRelays } from "./relays.ts";

type Names<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Params<P extends string> = { [N in Names<P>]: N extends keyof typeof PathParams ? z.output<(typeof PathParams)[N]> : string };
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;
// biome-ignore lint/suspicious/noConfusingVoidType: a handler that answers nothing may return anything.
type Streamed<R extends Route> = R["stream"] extends Media ? void : never;
// biome-ignore lint/suspicious/noConfusingVoidType: as above.
type Answer<R extends Route> = R["answer"] extends z.ZodType ? z.input<R["answer"]> | Streamed<R> : void;

/** Who calls, and what of the service is there for it: a handler has no other way to a computer. */
interface Keyed {
  caller: Caller;
  /** Its id, for the timeline. */
  actor: string;
  computers: Computers;
  recordings: Recordings;
}

/** One call, checked. */
export type Call<R extends Route = Route> = (R extends { auth: "none" } ? object : Keyed) & {
  params: Params<R["path"]>;
  query: Parsed<R["query"]>;
  body: Parsed<R["body"]>;
  request: Request;
  response: Response;
  /** Aborts when the client goes away before it has its answer, or its key is no more. */
  signal: AbortSignal;
};

/** The calls that are bound here; those of DevTools discovery, which a link lets in, are in cdp.ts. */
type Bound = { [K in RouteId]: (typeof ROUTES)[K] extends { auth: "link" } ? never : K }[RouteId];

/** A handler for each call of the contract. It answers the JSON body, or, where the answer is not JSON, writes to `response` itself. */
export type Handlers = {
  [K in Bound]: (call: Call<(typeof ROUTES)[K]>) => Promise<Answer<(typeof ROUTES)[K]>> | Answer<(typeof ROUTES)[K]>;
};

/** Reads a JSON body, whole and in time: one that only trickles in is given up like one that has stopped. */
const jsonReader = ({ bodyBytes, stallS }: Pick<Limits, "bodyBytes" | "stallS">): RequestHandler => {
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

const isJson = (shape: BodyShape | undefined): shape is z.ZodType => shape !== undefined && !("media" in shape);

/** What cannot be an id is the id of nothing: how that is said, and what the id is called in its details. */
const NOTHING: Readonly<Record<string, readonly [code: ErrorCode, detail: string]>> = {
  id: ["computer_not_found", "id"],
  key_id: ["key_not_found", "id"],
  webhook_id: ["webhook_not_found", "id"],
  pid: ["process_not_found", "pid"],
  terminal_id: ["terminal_not_found", "id"],
  rid: ["recording_not_found", "id"],
  sid: ["snapshot_not_found", "id"],
  target: ["target_not_found", "target"],
};
const shown = (value: unknown): string => String(value).slice(0, 64);

const parseParams = (params: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const result = PathParams[name as keyof typeof PathParams]?.safeParse(value);
      if (result?.success) return [name, result.data];
      const nothing = NOTHING[name];
      if (nothing) {
        const [code, detail] = nothing;
        throw new VitrineError(code, { [detail]: shown(value), ...(name === "rid" && { computer: shown(params.id ?? "") }) });
      }
      throw new VitrineError("invalid_request", { reason: `${name} is not valid` });
    }),
  );

const clientGone = (response: Response): AbortSignal => {
  const abort = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) abort.abort(new Error("the client went away"));
  });
  return abort.signal;
};

/** Without the token, where a link may be what let the call in. */
const queryOf = (route: Route, { query }: Request): unknown => {
  if (route.power === undefined) return query;
  const { token: _, ...rest } = query;
  return rest;
};

const handle =
  (id: RouteId, handler: (call: Call) => unknown, context: Context, callers: WeakMap<Request, Caller>): RequestHandler =>
  async (request, response) => {
    const route: Route = ROUTES[id];
    const caller = callers.get(request);
    // Its key may have been revoked while the body came.
    if (caller?.ended?.aborted) throw new VitrineError("unauthorized");
    if (caller) cutAtEnd(response, caller);
    const call: Call = {
      ...(caller && { caller, actor: caller.id, computers: context.computers.of(caller), recordings: context.recordings.of(caller) }),
      params: parseParams(request.params),
      query: route.query ? parse(route.query, queryOf(route, request), "query") : undefined,
      body: isJson(route.body) ? parse(route.body, request.body ?? {}, "body") : undefined,
      request,
      response,
      signal: clientGone(response),
    } as Call;
    const inTurn = async () => {
      if (!route.lane) return handler(call);
      const { id: computerId } = call.computers.get((call.params as { id: string }).id);
      const leave = await context.lanes.enter(computerId, route.lane, call.signal);
      try {
        return await handler(call);
      } finally {
        leave();
      }
    };
    const answer = await (caller ? audited(context.emit, id, call, inTurn) : inTurn()).catch(async (error) => {
      const { id: computerId } = call.params as { id?: string };
      throw caller && computerId !== undefined ? await call.computers.explain(computerId, error) : error;
    });
    if (response.headersSent || response.destroyed) return;
    response.status(route.status);
    if (answer === undefined) response.end();
    else response.json(answer);
  };

/** Binds every call of the contract. Who calls is found out before anything of the call is read. */
export const bindRoutes = (router: Router, handlers: Handlers, context: Context, relays: OpenRelays): void => {
  const callers = new WeakMap<Request, Caller>();
  const readJson = jsonReader(context.limits);
  for (const [id, route] of Object.entries(ROUTES) as [RouteId, Route][]) {
    if (route.auth === "link") continue;
    const path = route.path.replace(/\{(\w+)\}/g, ":$1");
    const authorised: RequestHandler = (request, response, next) => {
      if (route.auth !== "none") {
        const caller = admitByLink(context, relays, route, request, response) ?? context.keys.caller(request);
        if (route.auth === "operator" && caller.key !== null) throw new VitrineError("operator_only");
        callers.set(request, caller);
      }
      next();
    };
    router[route.method](
      path,
      authorised,
      ...(isJson(route.body) ? [readJson] : []),
      handle(id, handlers[id as Bound] as (call: Call) => unknown, context, callers),
    );
  }
};
