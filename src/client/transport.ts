import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { WebSocket } from "ws";
import { VitrineError } from "../contract/errors.ts";
import { type CallOptions, type Deadline, deadline } from "./deadline.ts";
import { ConnectionError, errorFrom, UnexpectedAnswerError } from "./errors.ts";
import { isLost, isRepeatable, pauseAfter } from "./repeat.ts";
import { type Body, SourceError, send } from "./send.ts";
import { openSocket } from "./socket.ts";

export interface Request extends CallOptions {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  body?: Body;
}

/** An answer that was read to its end. */
export interface Whole {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
}

/** How calls reach the service. */
export interface Transport {
  /** The answer as it comes: one that has a body, or 304. The caller reads it to its end or destroys it. */
  stream(request: Request): Promise<IncomingMessage>;
  /** The answer with all of its body, which the time limit is for. */
  whole(request: Request): Promise<Whole>;
  /** The answer's body as JSON; null for an empty one. */
  json<T>(request: Request): Promise<T>;
  /** @internal A WebSocket, open and paused; the caller closes it. */
  socket(request: CallOptions & { path: string }): Promise<WebSocket>;
}

/** JSON answers are bounded: the largest is an exec's, two streams of 1 MiB, escaped. */
const MAX_JSON = 64 * 1024 * 1024;

const urlOf = (base: URL, { path, query = {} }: Pick<Request, "path" | "query">): URL => {
  const url = new URL(base);
  url.pathname = base.pathname.replace(/\/$/, "") + path;
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
};

const readAll = async (body: Readable, most: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new RangeError(`the answer is over ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** The transport over HTTP. `apiKey` is asked at each call, so that a key made after this was built is found. */
export const httpTransport = (base: URL, apiKey: () => string | undefined): Transport => {
  const authorization = (): Record<string, string> => {
    const key = apiKey();
    return key ? { authorization: `Bearer ${key}` } : {};
  };
  const begin = async (request: Request, until: Deadline): Promise<IncomingMessage> => {
    const headers = { ...authorization(), ...request.headers };
    const url = urlOf(base, request);
    const { answer, stop } = await send(url, request.method, headers, request.body, until.signal);
    const status = answer.statusCode ?? 0;
    if (status < 300 || status === 304) return answer;
    const text = String(await readAll(answer, MAX_JSON).finally(stop));
    throw errorFrom(url.origin + url.pathname, status, text, answer.headers["retry-after"]);
  };

  /** Tries, and tries what is safe to repeat again while there is time: when the connection was lost, or the service says when to come again. */
  const repeating = async <T>(request: Request, until: Deadline, attempt: () => Promise<T>): Promise<T> => {
    const repeatable = isRepeatable(request.method, request.headers, request.body);
    for (let tries = 0; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        const pause = repeatable ? pauseAfter(error, tries) : undefined;
        if (pause === undefined || pause >= until.left()) throw error;
        await sleep(pause, undefined, { signal: until.signal });
      }
    }
  };

  /** What a failure means: the caller's abort, our deadline, its own source of bytes, an error that was answered, or a lost connection. */
  const explain = (error: unknown, until: Deadline): unknown => {
    if (until.signal.aborted) return until.signal.reason;
    if (error instanceof SourceError) return error.cause;
    const answered = error instanceof VitrineError || error instanceof UnexpectedAnswerError;
    return answered || error instanceof TypeError || error instanceof RangeError ? error : new ConnectionError(base.origin, error);
  };

  /** The same of a stream, which its reader may destroy with an error of his own. */
  const explainBreak = (error: Error, until: Deadline): Error =>
    until.signal.aborted || isLost(error) ? (explain(error, until) as Error) : error;

  const whole = async (request: Request, most = Number.POSITIVE_INFINITY): Promise<Whole> => {
    const until = deadline(`${request.method} ${request.path}`, request);
    try {
      return await repeating(request, until, async () => {
        const answer = await begin(request, until);
        return { status: answer.statusCode ?? 0, headers: answer.headers, bytes: await readAll(answer, most) };
      });
    } catch (error) {
      throw explain(error, until);
    } finally {
      until.release();
    }
  };

  return {
    stream: async (request) => {
      const until = deadline(`${request.method} ${request.path}`, request);
      try {
        const answer = await repeating(request, until, () => begin(request, until));
        until.met();
        const destroy = answer._destroy.bind(answer);
        // Who reads it is told what broke it off.
        answer._destroy = (error, done) => destroy(error && explainBreak(error, until), done);
        void finished(answer, { writable: false })
          .catch(() => {})
          .finally(until.release);
        return answer;
      } catch (error) {
        until.release();
        throw explain(error, until);
      }
    },
    whole: (request) => whole(request),
    json: async <T>(request: Request): Promise<T> => {
      const text = String((await whole(request, MAX_JSON)).bytes);
      return text === "" ? (null as T) : parse<T>(base.origin + request.path, text);
    },
    socket: async (request) => {
      const until = deadline(`A WebSocket to ${request.path}`, request);
      try {
        return await openSocket(urlOf(base, request), authorization(), until.signal);
      } catch (error) {
        throw explain(error, until);
      } finally {
        until.release();
      }
    },
  };
};

const parse = <T>(url: string, text: string): T => {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw errorFrom(url, 200, text);
  }
};
