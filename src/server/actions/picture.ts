import type { Picture } from "../../contract/actions.ts";
import type { ShotOptions } from "./ports.ts";
import type { Doers, Step } from "./step.ts";

/** When a screen has come to rest: nothing drawn for this long, or this long in all. */
export const REST = { quietMs: 150, capMs: 2000 };

export const pictureOf = async ({ display, takePicture, signal }: Step, options: ShotOptions): Promise<Picture> => {
  const { data, media_type, width, height, hash } = await takePicture(display, options, signal);
  return { media_type, data: data.toString("base64"), width, height, hash };
};

/** A picture of what was done before, not of what it was done to. */
const restFirst = async ({ display, dirty, settled, signal }: Step): Promise<void> => {
  if (dirty) await settled(display, REST, signal);
};

export const picture: Doers<"screenshot" | "zoom"> = {
  screenshot: async (step, { format, scale, region }) => {
    await restFirst(step);
    return { screenshot: await pictureOf(step, { format, ...(scale !== undefined && { scale }), ...(region && { region }) }) };
  },
  zoom: async (step, { region, format }) => {
    await restFirst(step);
    return { screenshot: await pictureOf(step, { format, region }) };
  },
};
