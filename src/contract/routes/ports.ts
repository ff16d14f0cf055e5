import { z } from "zod";
import { MAX_WAIT_S, PortState, PublishedPort, PublishPort } from "../ports.ts";
import type { Route } from "../route.ts";
import { list, onGuest } from "./shared.ts";

/** Ports of a computer that have a URL. */
export const ports = {
  publishPort: {
    method: "post",
    path: "/v1/computers/{id}/published-ports",
    summary: "Give a port of the computer's loopback a URL; repeating it changes who may open it",
    body: PublishPort,
    status: 201,
    answer: PublishedPort,
    errors: ["computer_not_found", "port_not_publishable"],
  },
  listPublishedPorts: {
    method: "get",
    path: "/v1/computers/{id}/published-ports",
    summary: "The published ports",
    status: 200,
    answer: list(PublishedPort),
    errors: ["computer_not_found"],
  },
  getPublishedPort: {
    method: "get",
    path: "/v1/computers/{id}/published-ports/{port}",
    summary: "One published port, and whether a server listens there; with wait_s, waits until one does",
    query: z.strictObject({ wait_s: z.coerce.number().min(0).max(MAX_WAIT_S).default(0) }),
    status: 200,
    answer: PortState,
    errors: [...onGuest, "port_not_published"],
  },
  unpublishPort: {
    method: "delete",
    path: "/v1/computers/{id}/published-ports/{port}",
    summary: "Take a port's URL away, revoke its links and end its connections; repeating it is a success",
    status: 204,
    errors: ["computer_not_found"],
  },
} as const satisfies Record<string, Route>;
