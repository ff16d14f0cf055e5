import type { ErrorRequestHandler, Request, RequestHandler } from "express";
import { retryAfterOf, VitrineError } from "../../contract/errors.ts";
import type { Route } from "../../contract/route.ts";
import { ROUTES } from "../../contract/routes.ts";
import type { Log } from "../computers/engine.ts";

const patterns = (Object.values(ROUTES) as Route[]).map(({ path }) => new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}/?$`));

/** What no route took: 405 where the path is one of the contract's, 404 elsewhere. */
export const notFound: RequestHandler = (request) => {
  const known = patterns.some((pattern) => pattern.test(request.path));
  throw new VitrineError(known ? "method_not_allowed" : "route_not_found", { method: request.method, path: request.path.slice(0, 200) });
};

/** Any thrown thing as an error of the registry. The http-errors of Express and its body parser carry `status` and `type`. */
export const toVitrineError = (error: unknown, requestId: string): VitrineError => {
  if (error instanceof VitrineError) return error;
  const { status, type, message, limit } = error as { status?: number; type?: string; message?: string; limit?: number };
  if (type === "entity.too.large") return new VitrineError("payload_too_large", { limit });
  if (type === "entity.parse.failed") return new VitrineError("invalid_json", { reason: String(message).slice(0, 200) });
  if (status !== undefined && status >= 400 && status < 500)
    return new VitrineError("invalid_request", { reason: String(message).slice(0, 200) });
  return new VitrineError("internal_error", { request_id: requestId }, { cause: error });
};

/** Turns whatever was thrown into the one form of error, or into a door's; the last middleware. */
export const answerErrors =
  (
    log: Log,
    requestId: (request: Request) => string,
    form: (error: VitrineError, requestId: string) => unknown = (error, id) => error.toBody(id),
  ): ErrorRequestHandler =>
  (thrown, request, response, _next) => {
    const id = requestId(request);
    // Who is gone is told nothing, and has made nothing fail.
    if (response.destroyed) return;
    const error = toVitrineError(thrown, id);
    if (error.status >= 500) log.error({ request_id: id, code: error.code, err: error.cause ?? thrown }, "request failed");
    // Half an answer cannot become an error any more; the cut connection tells the client that it is not whole.
    if (response.headersSent) return void response.destroy();
    const retryAfter = retryAfterOf(error);
    if (retryAfter !== undefined) response.setHeader("Retry-After", retryAfter);
    // What of the body is still to come is not waited for.
    if (error.code === "request_timeout") response.setHeader("Connection", "close");
    response.status(error.status).json(form(error, id));
    // The rest of a body that somebody had begun to read is let pass by, as Node does with one that nobody has: the next request comes after it.
    request.unpipe();
    request.resume();
  };
