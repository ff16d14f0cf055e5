import { z } from "zod";
import { Capacity } from "../capacity.ts";
import { TemplateName } from "../computer.ts";
import type { Route } from "../route.ts";
import { Usage } from "../usage.ts";
import { list } from "./shared.ts";

/** The service itself. */
export const service = {
  listTemplates: {
    method: "get",
    path: "/v1/templates",
    summary: "What can be created",
    status: 200,
    answer: list(
      z.object({
        id: TemplateName,
        description: z.string(),
        default_vcpus: z.int(),
        default_ram_mb: z.int(),
        default_disk_size_mb: z.int(),
        ready: z.boolean().describe("The image is built"),
      }),
    ),
  },
  getCapacity: {
    method: "get",
    path: "/v1/capacity",
    summary: "How much the host takes on, and how many more computers fit",
    status: 200,
    answer: Capacity,
  },
  listUsage: {
    method: "get",
    path: "/v1/usage",
    summary: "What each running computer uses of the host's processors and memory",
    status: 200,
    answer: list(Usage),
  },
  metrics: {
    method: "get",
    path: "/metrics",
    summary: "What Prometheus scrapes: of all computers, so with the operator's key",
    status: 200,
    answer: { media: "text/plain", description: "Prometheus' text format" },
    auth: "operator",
  },
  health: {
    method: "get",
    path: "/healthz",
    summary: "The service answers",
    status: 200,
    answer: z.object({ status: z.literal("ok") }),
    auth: "none",
  },
  ready: {
    method: "get",
    path: "/readyz",
    summary: "The service can create computers",
    status: 200,
    answer: z.object({ status: z.literal("ready") }),
    errors: ["setup_incomplete", "host_disk_low"],
    auth: "none",
  },
} as const satisfies Record<string, Route>;
