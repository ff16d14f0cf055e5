import { nearest, outside, type Size, type Space } from "./space.ts";

/** Gemini's grid has 1000 lines each way, whatever the screen's size. */
export const GRID = 1000;

export const grid = (screen: Size): Space => ({
  scale: 1,
  toScreen: (x, y) => {
    if (!(x >= 0 && y >= 0 && x <= GRID && y <= GRID)) throw outside(x, y, "the grid", GRID, GRID);
    // Cut off, not rounded, as Google's own agent does.
    return nearest(Math.floor((x * screen.width) / GRID), Math.floor((y * screen.height) / GRID), screen);
  },
  fromScreen: ({ x, y }) => ({ x: Math.round((x * GRID) / screen.width), y: Math.round((y * GRID) / screen.height) }),
});
