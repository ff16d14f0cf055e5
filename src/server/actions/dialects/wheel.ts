export const DIRECTIONS = ["up", "down", "left", "right"] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** A scroll action's distance, from a direction and pixels. */
export const distance = (direction: Direction, pixels: number): { dx: number; dy: number } => {
  const sign = direction === "up" || direction === "left" ? -pixels : pixels;
  return direction === "up" || direction === "down" ? { dx: 0, dy: sign } : { dx: sign, dy: 0 };
};
