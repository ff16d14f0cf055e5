import type { ServerResponse } from "node:http";
import { retryAfterOf, type VitrineError } from "../../contract/errors.ts";

/** Answers a request with an error of the registry, and ends its connection. */
export const respond = (response: ServerResponse, error: VitrineError): void => {
  const retryAfter = retryAfterOf(error);
  response.writeHead(error.status, {
    Connection: "close",
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    ...(retryAfter !== undefined && { "Retry-After": retryAfter }),
  });
  response.end(JSON.stringify(error.toBody()));
};
