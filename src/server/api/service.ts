import { TEMPLATES, type TemplateName } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

const DESCRIPTIONS: Record<TemplateName, string> = {
  browser: "Chromium on a desktop that can be watched, with shell tools, Python, curl and git",
  scratch: "Shell tools, Python, curl and git; no browser",
  "coding-agent": "The browser template with compilers, Node.js and pip; built when first asked for",
};

export const serviceHandlers = ({
  hasImage,
  capacity,
  disk,
  usage,
  metrics,
}: Context): Pick<Handlers, "listTemplates" | "getCapacity" | "listUsage" | "metrics" | "health" | "ready"> => ({
  listTemplates: async () => ({
    data: await Promise.all(
      TEMPLATES.map(async (id) => ({
        id,
        description: DESCRIPTIONS[id],
        default_vcpus: 2,
        default_ram_mb: 2048,
        default_disk_size_mb: 10240,
        ready: await hasImage(id),
      })),
    ),
    next_cursor: null,
  }),
  getCapacity: () => capacity.report(),
  listUsage: ({ computers }) => ({ data: usage().filter(({ computer_id }) => computers.find(computer_id) !== null), next_cursor: null }),
  metrics: async ({ response }) => {
    const text = await metrics.text();
    response.setHeader("Content-Type", metrics.contentType);
    response.end(text);
  },
  health: () => ({ status: "ok" as const }),
  ready: async () => {
    if (!(await hasImage("browser"))) throw new VitrineError("setup_incomplete", { reason: "the browser image is not built yet" });
    disk.require();
    return { status: "ready" as const };
  },
});
