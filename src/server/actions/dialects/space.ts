import { VitrineError } from "../../../contract/errors.ts";

export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** The coordinates a model speaks in. */
export interface Space {
  /** The pixel of the screen that is meant. Throws invalid_request when the point lies outside. */
  toScreen(x: number, y: number): Point;
  /** How the model would call a pixel of the screen. */
  fromScreen(point: Point): Point;
  /** Of pictures, so that the model's coordinates are theirs. */
  readonly scale: number;
}

export const outside = (x: number, y: number, what: string, maxX: number, maxY: number): VitrineError =>
  new VitrineError("invalid_request", { reason: `the point ${x},${y} lies outside ${what}: x is 0 to ${maxX}, y is 0 to ${maxY}` });

/** The nearest pixel that there is: rounding may lead one past the edge. */
export const nearest = (x: number, y: number, { width, height }: Size): Point => ({
  x: Math.min(width - 1, Math.round(x)),
  y: Math.min(height - 1, Math.round(y)),
});
