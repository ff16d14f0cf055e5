import type { Readable } from "node:stream";
import type { Request, Response } from "express";
import type { z } from "zod";
import { type ErrorCode, VitrineError } from "../../contract/errors.ts";
import type { Frame } from "../../contract/guest/frames.ts";
import { type BodyShape, type Media, type PathNames, PathParams, type Route } from "../../contract/route.ts";
import { ROUTES, type RouteId } from "../../contract/routes.ts";
import type { Caller } from "../auth/caller.ts";
import type { Computers } from "../computers/computers.ts";
import { parse } from "../parse.ts";
import type { Recordings } from "../recordings/recordings.ts";
import { audited } from "./audited.ts";
import type { Context } from "./context.ts";
import { sendFrames } from "./sse.ts";

type Params<P extends string> = { [N in PathNames<P>]: N extends keyof typeof PathParams ? z.output<(typeof PathParams)[N]> : string };
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

/** A request that is let in, and what answers it. */
export interface Exchange {
  /** Absent: the call is open to all. */
  caller?: Caller | undefined;
  request: Request;
  response: Response;
  /** Aborts when the client goes away before it has its answer, or its key is no more. */
  signal: AbortSignal;
}

/** One call, checked. */
export type Call<R extends Route = Route> = (R extends { auth: "none" } ? object : Keyed) &
  Omit<Exchange, "caller"> & {
    params: Params<R["path"]>;
    query: Parsed<R["query"]>;
    body: Parsed<R["body"]>;
    /** Of a body that is not JSON. */
    bytes: Readable;
    /** Answers with the output of a command. */
    sendFrames(frames: AsyncIterable<Frame>): Promise<void>;
  };

/** The calls that are bound here; those of DevTools discovery, which a link lets in, are in cdp.ts. */
export type Bound = { [K in RouteId]: (typeof ROUTES)[K] extends { auth: "link" } ? never : K }[RouteId];

/** A handler for each call of the contract. It answers the JSON body, or, where the answer is not JSON, writes to `response` itself. */
export type Handlers = {
  [K in Bound]: (call: Call<(typeof ROUTES)[K]>) => Promise<Answer<(typeof ROUTES)[K]>> | Answer<(typeof ROUTES)[K]>;
};

/** What a call is made with, unchecked. */
export interface Given {
  params?: Record<string, unknown>;
  query?: unknown;
  body?: unknown;
  /** Default: those of the request. */
  bytes?: Readable;
  /** Default: as server-sent events. */
  sendFrames?: (frames: AsyncIterable<Frame>) => Promise<void>;
}

/** Does a call of the contract: checks what it is given, waits for its turn, and tells the timeline. Its answer is still to be sent, unless it was written to the response. */
export type Operate = <K extends Bound>(id: K, exchange: Exchange, given: Given) => Promise<Awaited<ReturnType<Handlers[K]>>>;

export const isJson = (shape: BodyShape | undefined): shape is z.ZodType => shape !== undefined && !("media" in shape);

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

export const createOperate = (context: Context, handlers: Handlers): Operate => {
  const operate = async (id: Bound, exchange: Exchange, given: Given): Promise<unknown> => {
    const route: Route = ROUTES[id];
    const handler = handlers[id] as (call: Call) => unknown;
    const { caller, request, response, signal } = exchange;
    const call: Call = {
      ...(caller && { caller, actor: caller.id, computers: context.computers.of(caller), recordings: context.recordings.of(caller) }),
      params: parseParams(given.params ?? {}),
      query: route.query ? parse(route.query, given.query ?? {}, "query") : undefined,
      body: isJson(route.body) ? parse(route.body, given.body ?? {}, "body") : undefined,
      bytes: given.bytes ?? request,
      sendFrames: given.sendFrames ?? ((frames) => sendFrames(response, frames)),
      request,
      response,
      signal,
    } as Call;
    const inTurn = async () => {
      if (!route.lane) return handler(call);
      const { id: computerId } = call.computers.get((call.params as { id: string }).id);
      const leave = await context.lanes.enter(computerId, route.lane, signal);
      try {
        return await handler(call);
      } finally {
        leave();
      }
    };
    return (caller ? audited(context.emit, id, call, inTurn) : inTurn()).catch(async (error) => {
      const { id: computerId } = call.params as { id?: string };
      throw caller && computerId !== undefined ? await call.computers.explain(computerId, error) : error;
    });
  };
  return operate as Operate;
};
