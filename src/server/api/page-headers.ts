import type { RequestHandler } from "express";

/** What every page of ours is served with: its content security policy, and that nothing is taken for what it is not said to be. */
export const headersOf =
  (policy: string): RequestHandler =>
  (_request, response, next) => {
    response.set({ "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff" });
    next();
  };
