import { VitrineError } from "../../contract/errors.ts";
import { MAX_ACTION_PICTURES } from "../../contract/events.ts";
import { audit } from "../auth/audit.ts";
import { RateLimit } from "../auth/rate-limit.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

export const actionPictureHandlers = ({ shots, emit }: Context): Pick<Handlers, "actionPicture"> => {
  /** A timeline shows many: once a minute is told of. */
  const told = new RateLimit();
  return {
    actionPicture: async ({ params: { id, picture_id }, caller, computers, response }) => {
      const record = computers.get(id);
      if (told.take(`${caller.id} ${record.id}`, 1) === 0) audit(emit, caller, { action: "actionPicture", computerId: record.id });
      const image = await shots.read(record.id, picture_id);
      if (image === null) throw new VitrineError("picture_not_found", { id: picture_id, kept: MAX_ACTION_PICTURES });
      response
        .set({ ETag: `"${picture_id}"`, "Cache-Control": "private, no-cache" })
        .type("image/webp")
        .send(image);
    },
  };
};
