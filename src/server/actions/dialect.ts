import type { ActionInput, ActionResult, Picture } from "../../contract/actions.ts";

/** What a vendor's call came to, for its adapter to put into the vendor's words. */
export interface DialectOutcome {
  results: ActionResult[];
  screenshot?: Picture;
  screen: { width: number; height: number };
  /** The URL of the tab in front, when the adapter asked for it and Chromium answered. */
  url?: string;
}

/** One vendor's call, read. */
export interface DialectCall {
  actions: ActionInput[];
  screenshot: "after" | "none";
  write(outcome: DialectOutcome): unknown;
}

/** Takes a vendor's blocks as they come from the model, and answers in the vendor's form. */
export interface DialectAdapter {
  /** The model's block(s) as canonical steps; throws invalid_request. */
  read(body: unknown, screen: { width: number; height: number }): DialectCall;
  /** Its answers tell the URL of the tab in front. */
  wantsUrl?: boolean;
}
