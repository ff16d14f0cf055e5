import { VitrineError } from "../../contract/errors.ts";
import { audit } from "../auth/audit.ts";
import { RateLimit } from "../auth/rate-limit.ts";
import { hasDisplay } from "../computers/record.ts";
import { withDeadline } from "../deadline.ts";
import { capture } from "../display/picture.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

const SCREENSHOT_MS = 30_000;
/** Passive looks of one caller at one computer that the timeline is told of. */
const LOOKS_A_MINUTE = 1;

/** Whether If-None-Match names this hash. */
const names = (header: string | undefined, hash: string): boolean =>
  header?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === `"${hash}"`) ?? false;

export const screenshotHandlers = ({ displays, emit }: Context): Pick<Handlers, "screenshot"> => {
  const looks = new RateLimit();
  return {
    screenshot: async ({ params, caller, actor, computers, query, request, response, signal }) => {
      const { record, live } = computers.answering(params.id, "screenshot");
      if (!hasDisplay(record)) throw new VitrineError("no_display");
      const { if_changed, passive, ...options } = query;
      if (passive && looks.take(`${actor} ${record.id}`, LOOKS_A_MINUTE) === 0)
        audit(emit, caller, { action: "screenshot", computerId: record.id });
      const release = passive ? () => {} : live.activity.hold("action");
      try {
        const { data, media_type, width, height, hash } = await withDeadline("The screenshot", SCREENSHOT_MS, signal, (within) =>
          displays.use(record.id, within, async (display) => {
            const { encode, ...picture } = await capture(display, options, within);
            const isKnown = picture.hash === if_changed || names(request.headers["if-none-match"], picture.hash);
            return { ...picture, data: isKnown ? null : await encode() };
          }),
        );
        response.set({
          ETag: `"${hash}"`,
          "Cache-Control": "private, no-cache",
          "X-Screen-Width": `${width}`,
          "X-Screen-Height": `${height}`,
        });
        if (data) response.type(media_type).send(data);
        else response.status(304).end();
      } finally {
        release();
      }
    },
  };
};
