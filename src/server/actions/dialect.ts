import type { ActionInput, ActionResult, Picture } from "../../contract/actions.ts";

export interface Size {
  width: number;
  height: number;
}

/** A vendor's block, read: what is to be done, and how what came of it is said in the vendor's words. */
export interface DialectCall {
  /** Valid by the contract, and every point of them lies on the screen. */
  actions: ActionInput[];
  screenshot: "after" | "none";
  /** Of the picture taken after, as in the action `screenshot`; 1 when it is not there. */
  scale?: number;
  /** The block that the model expects. `results` has one entry for each of `actions`. */
  write(outcome: { results: ActionResult[]; screenshot?: Picture; screen: Size; url?: string }): unknown;
}

export type Outcome = Parameters<DialectCall["write"]>[0];

/** Between one vendor's blocks and the canonical actions. No adapter touches anything but its arguments. */
export interface DialectAdapter {
  /** Reads the body of an action call without its `dialect`. Throws invalid_request, with a sentence, on anything malformed. */
  read(body: unknown, screen: Size): DialectCall;
}
