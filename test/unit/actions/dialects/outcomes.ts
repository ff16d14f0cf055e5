import { expect } from "vitest";
import type { ActionInput, ActionResult, Dialect, Picture } from "../../../../src/contract/actions.ts";
import type { DialectCall } from "../../../../src/server/actions/dialect.ts";
import { dialects } from "../../../../src/server/actions/dialects/index.ts";

export const SCREEN = { width: 1280, height: 800 };
export const PICTURE: Picture = { media_type: "image/png", data: "iVBORw0KGgo=", width: 1280, height: 800, hash: "h" };
export const IMAGE = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };

export const read = (dialect: Dialect, body: unknown, screen = SCREEN): DialectCall => dialects[dialect].read(body, screen);
export const actionsOf = (dialect: Dialect, body: unknown, screen = SCREEN): ActionInput[] => read(dialect, body, screen).actions;

/** What a runner answers when all goes well; a picture where one was asked for. */
export const done = (call: DialectCall, extra: Partial<ActionResult>[] = []): ActionResult[] =>
  call.actions.map(({ type }, i) => ({
    type,
    ok: true,
    ...((type === "screenshot" || type === "zoom") && { screenshot: PICTURE }),
    ...extra[i],
  }));

/** The batch fails at its action number `at`. */
export const failing = (call: DialectCall, at: number, message = "The window is gone."): ActionResult[] =>
  call.actions.map(({ type }, i) => {
    if (i < at) return { type, ok: true };
    return i === at ? { type, ok: false, error: { code: "display_unavailable", message } } : { type, ok: false, skipped: true };
  });

/** Writes what came of it, with the picture that the call asked for. */
export const written = (call: DialectCall, results = done(call), url?: string): unknown =>
  call.write({ results, screen: SCREEN, ...(call.screenshot === "after" && { screenshot: PICTURE }), ...(url !== undefined && { url }) });

/** The body is refused with a sentence that has these words. */
export const expectRefused = (dialect: Dialect, body: unknown, words: string | RegExp): void => {
  let message = "";
  try {
    read(dialect, body);
  } catch (error) {
    expect(error).toMatchObject({ code: "invalid_request", status: 400 });
    message = (error as Error).message;
  }
  expect(message).toMatch(words);
};
