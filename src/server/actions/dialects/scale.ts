import { VitrineError } from "../../../contract/errors.ts";
import { nearest, outside, type Size, type Space } from "./space.ts";

/** What the action `screenshot` takes. */
const MIN_SCALE = 0.05;
const MAX_SCALE = 4;

/** Pixels of a screen that the model was told has the size `told`; the screen's own size when it was told none. */
export const scaled = (screen: Size, told: Size = screen): Space => {
  const scale = told.width / screen.width;
  const fitting = Math.round(screen.height * scale);
  if (Math.abs(fitting - told.height) > 1)
    throw new VitrineError("invalid_request", {
      reason: `the display of ${told.width}x${told.height} has other proportions than the screen of ${screen.width}x${screen.height}; tell the model ${told.width}x${fitting}`,
    });
  if (scale < MIN_SCALE || scale > MAX_SCALE)
    throw new VitrineError("invalid_request", {
      reason: `the display's size must be ${MIN_SCALE} to ${MAX_SCALE} times the screen's ${screen.width}x${screen.height}`,
    });
  const across = screen.width / told.width;
  const down = screen.height / told.height;
  return {
    scale,
    toScreen: (x, y) => {
      if (!(x >= 0 && y >= 0 && x < told.width && y < told.height))
        throw outside(x, y, `the ${told.width}x${told.height} screen`, told.width - 1, told.height - 1);
      return nearest(x * across, y * down, screen);
    },
    fromScreen: ({ x, y }) => nearest(x / across, y / down, told),
  };
};
