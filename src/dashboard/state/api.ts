import type { z } from "zod";
import type { ErrorBody, ErrorCode } from "../../contract/errors.ts";
import type { PathNames } from "../../contract/route.ts";
import type { ROUTES } from "../../contract/routes.ts";
import type { Issue } from "../words/network.ts";

type AnyRoute = (typeof ROUTES)[keyof typeof ROUTES];
type Method = AnyRoute["method"];
type PathOf<M extends Method> = Extract<AnyRoute, { method: M }>["path"];
type At<M extends Method, P> = Extract<AnyRoute, { method: M; path: P }>;

type Input<R, Part extends "query" | "body"> = R extends { [K in Part]: infer S extends z.ZodType } ? z.input<S> : never;
/** What a call answers, as the contract has it. */
export type Answer<M extends Method, P extends string> = At<M, P> extends { answer: infer S extends z.ZodType } ? z.output<S> : null;

/** One call: what its path, query and body take. */
export interface Sent<M extends Method, P extends string> {
  params?: Record<PathNames<P>, string | number>;
  query?: Input<At<M, P>, "query">;
  body?: Input<At<M, P>, "body">;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A call that failed, in words for a person. `offline`: the service did not answer. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly code: ErrorCode | "offline" | "unexpected";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: CallError["code"], message: string, details: CallError["details"] = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** What is wrong with what was sent, and where, if that is what failed. */
export const issuesOf = (error: unknown): readonly Issue[] =>
  error instanceof CallError && Array.isArray(error.details.issues) ? error.details.issues : [];

export const OFFLINE = "The service does not answer. This page goes on by itself when it is back.";

/** Called when the service says that nobody is signed in. */
let onSignedOut = (): void => {};
export const whenSignedOut = (callback: () => void): void => {
  onSignedOut = callback;
};

/** A path of the contract with what stands in its braces, and a query. */
export const urlOf = (path: string, params: Record<string, string | number> = {}, query: object = {}): string => {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return pairs.length > 0 ? `${filled}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : filled;
};

/** The error that an answer tells of; tells the page when it is that nobody is signed in. */
export const errorOf = (status: number, text: string): CallError => {
  const body = readJson(text) as ErrorBody | null;
  if (body?.error?.code === "unauthorized") onSignedOut();
  return body?.error
    ? new CallError(body.error.code, body.error.message, body.error.details)
    : new CallError("unexpected", `The service answered ${status}, in a form that this page does not know. Load the page again.`);
};
const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** A call whose answer is not JSON. Throws CallError; what `signal` aborts rejects with its reason. */
export const fetchAnswer = async (url: string, init: RequestInit = {}): Promise<Response> => {
  const response = await fetch(url, { cache: "no-store", ...init }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new CallError("offline", OFFLINE);
  });
  if (response.ok || response.status === 304) return response;
  throw errorOf(response.status, await response.text().catch(() => ""));
};

/** Calls the API. The session's cookie says who calls. Throws CallError. */
export const call = async <M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  { params, query, body, headers = {}, signal }: Sent<M, P> = {},
): Promise<Answer<M, P>> => {
  const response = await fetchAnswer(urlOf(path, params, query as object), {
    method: method.toUpperCase(),
    headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const text = await response.text().catch(() => {
    throw new CallError("offline", OFFLINE);
  });
  return (text === "" ? null : JSON.parse(text)) as Answer<M, P>;
};

/** What went wrong, for a person to read. */
export const wordsOf = (error: unknown): string =>
  error instanceof CallError ? error.message : `Something failed in this page: ${error instanceof Error ? error.message : error}`;
