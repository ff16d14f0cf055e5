import { VitrineError } from "../../contract/errors.ts";
import { hasDisplay } from "../computers/record.ts";
import { withDeadline } from "../deadline.ts";
import { screenshot } from "../display/screenshot.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./route.ts";

const SCREENSHOT_MS = 30_000;

export const screenshotHandlers = ({ computers }: Context): Pick<Handlers, "screenshot"> => ({
  screenshot: async ({ params, query, response, signal }) => {
    const { record, live } = computers.running(params.id, "screenshot");
    if (!hasDisplay(record)) throw new VitrineError("no_display");
    const release = live.activity.hold("action");
    try {
      const { data } = await withDeadline("The screenshot", SCREENSHOT_MS, signal, (within) =>
        screenshot(live.guest, { format: query.format, signal: within }),
      );
      response.setHeader("Cache-Control", "no-store");
      response.type("image/png").send(data);
    } finally {
      release();
    }
  },
});
