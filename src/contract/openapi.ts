import { OpenAPIRegistry, OpenApiGeneratorV31, type ZodMediaTypeObject } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";
import { ERRORS, type ErrorCode } from "./errors.ts";
import { type BodyShape, PathParams, type Route } from "./route.ts";
import { ROUTES } from "./routes.ts";

const ALWAYS: readonly ErrorCode[] = [
  "invalid_request",
  "unauthorized",
  "rate_limited",
  "host_forbidden",
  "origin_forbidden",
  "internal_error",
];

const content = (shape: BodyShape) =>
  "media" in shape
    ? { [shape.media]: { schema: { type: "string" as const, format: "binary" } } }
    : // Named, because LangGraph's types, which are checked along, declare zod's anew: the two would not be the same.
      { "application/json": { schema: shape as ZodMediaTypeObject["schema"] } };

/** What a call is about, by its path: `/v1/computers/{id}/files/list` is about files. */
const tagOf = (path: string): string => path.split("/")[4] ?? (path.startsWith("/v1/computers") ? "computers" : "service");

const errorAnswers = (route: Route, answer: z.ZodType) => {
  const codes = [...ALWAYS, ...(route.errors ?? []), ...(route.lane ? (["too_many_requests"] as const) : [])];
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code][0]);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [status, { description: list.join(", "), content: { "application/json": { schema: answer } } }]),
  );
};

const pathParams = (path: string) => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1] as keyof typeof PathParams);
  return names.length > 0 ? z.object(Object.fromEntries(names.map((name) => [name, PathParams[name]]))) : undefined;
};

const securityOf = ({ auth = "key", power }: Route): Record<string, never[]>[] => {
  if (auth === "none") return [];
  if (auth === "link") return [{ link: [] }];
  return [{ key: [] }, { session: [] }, ...(power ? [{ link: [] }] : [])];
};

/** The OpenAPI 3.1 document of the route table. */
export const openapi = (version: string, url: string) => {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer" });
  registry.registerComponent("securitySchemes", "session", { type: "apiKey", in: "cookie", name: "vitrine_session_<port>" });
  registry.registerComponent("securitySchemes", "link", { type: "apiKey", in: "query", name: "token" });
  const ErrorAnswer = z
    .object({
      error: z.object({
        code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
        message: z.string(),
        details: z.record(z.string(), z.unknown()),
        request_id: z.string().optional(),
      }),
    })
    .meta({ id: "Error" });
  for (const [operationId, route] of Object.entries(ROUTES) as [string, Route][]) {
    const params = pathParams(route.path);
    registry.registerPath({
      operationId,
      method: route.method,
      path: route.path,
      summary: route.summary,
      tags: [tagOf(route.path)],
      security: securityOf(route),
      request: {
        ...(params && { params }),
        ...(route.query && { query: route.query }),
        ...(route.body && { body: { content: content(route.body), required: "media" in route.body } }),
      },
      responses: {
        [route.status]: {
          description: route.summary,
          ...(route.answer && { content: { ...content(route.answer), ...(route.stream && content(route.stream)) } }),
        },
        ...errorAnswers(route, ErrorAnswer),
      },
    });
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: { title: "Vitrine", version, description: "Browser-automation computers in microVMs." },
    servers: [{ url }],
  });
};
