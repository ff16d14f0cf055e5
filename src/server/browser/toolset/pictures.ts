import { ToolFailure } from "./failure.ts";
import type { CdpSession } from "./ports.ts";

const MAX_ZOOM = 8;

const capture = async (session: CdpSession, clip: object | undefined, signal: AbortSignal): Promise<string> => {
  const { data } = await session.send("Page.captureScreenshot", { format: "png", ...(clip && { clip }) }, { signal });
  return data;
};

/** The viewport as PNG, in base64. */
export const screenshot = (session: CdpSession, signal: AbortSignal): Promise<string> => capture(session, undefined, signal);

/** A region of the viewport, [x0, y0, x1, y1], painted larger rather than blown up. Throws ToolFailure when it lies outside. */
export const zoom = async (session: CdpSession, [x0, y0, x1, y1]: readonly number[], signal: AbortSignal): Promise<string> => {
  const { cssLayoutViewport } = await session.send("Page.getLayoutMetrics", {}, { signal });
  const { pageX, pageY, clientWidth: width, clientHeight: height } = cssLayoutViewport;
  if (!(x0! >= 0 && y0! >= 0 && x0! < x1! && y0! < y1! && x1! <= width && y1! <= height))
    throw new ToolFailure(`region is [x0, y0, x1, y1] with 0 <= x0 < x1 <= ${width} and 0 <= y0 < y1 <= ${height}.`);
  const size = { width: x1! - x0!, height: y1! - y0! };
  const scale = Math.min(width / size.width, height / size.height, MAX_ZOOM);
  return capture(session, { x: pageX + x0!, y: pageY + y0!, ...size, scale }, signal);
};
