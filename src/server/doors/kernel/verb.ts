import type { Context } from "../../api/context.ts";
import type { Bound, Exchange, Given, Handlers } from "../../api/operate.ts";
import type { Caller } from "../../auth/caller.ts";

/** One call of the vendor's that came in by the door. What it brought is unchecked. */
export interface DoorCall extends Exchange {
  caller: Caller;
  context: Context;
  /** The ids in its path; `id` is the browser's. */
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
  /** Does a call of our own API for the same caller. */
  run<K extends Bound>(id: K, given: Given): Promise<Awaited<ReturnType<Handlers[K]>>>;
}

/** A call that the vendor's clients know, and how it is said in ours. */
export interface Verb {
  method: "get" | "post" | "put" | "delete";
  /** Under /browsers. */
  path: string;
  /** The body is the handler's to read; otherwise it is JSON. */
  raw?: true;
  /** Of a success. Default: 200. */
  status?: number;
  /** The JSON answer; undefined when there is none, or when it was written to the response. */
  does(call: DoorCall): Promise<unknown>;
}
