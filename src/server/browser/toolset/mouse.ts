import type { CdpSession } from "./ports.ts";
import type { Point } from "./target.ts";

export type MouseButton = "left" | "middle" | "right";
const BITS: Record<MouseButton, number> = { left: 1, right: 2, middle: 4 };
const STEPS = 8;

const dispatch = (session: CdpSession, params: object, signal: AbortSignal | undefined) =>
  session.send("Input.dispatchMouseEvent", params, { ...(signal && { signal }) });

export const moveTo = (session: CdpSession, { x, y }: Point, signal: AbortSignal, buttons = 0): Promise<unknown> =>
  dispatch(session, { type: "mouseMoved", x, y, buttons, button: buttons ? "left" : "none" }, signal);

export const buttonDown = (session: CdpSession, { x, y }: Point, signal: AbortSignal): Promise<unknown> =>
  dispatch(session, { type: "mousePressed", x, y, button: "left", buttons: 1, clickCount: 1 }, signal);

/** Without a signal on the way out of a failure: a button that stays down would spoil all that follows. */
export const buttonUp = (session: CdpSession, { x, y }: Point, signal?: AbortSignal): Promise<unknown> =>
  dispatch(session, { type: "mouseReleased", x, y, button: "left", buttons: 0, clickCount: 1 }, signal);

export interface Click {
  button: MouseButton;
  count: number;
  modifiers: number;
}

/** Moves there and clicks, each click of a double or triple one counted on, as a mouse does it. */
export const clickAt = async (session: CdpSession, at: Point, { button, count, modifiers }: Click, signal: AbortSignal): Promise<void> => {
  await moveTo(session, at, signal);
  for (let clickCount = 1; clickCount <= count; clickCount++) {
    const params = { ...at, button, modifiers, clickCount };
    await dispatch(session, { ...params, type: "mousePressed", buttons: BITS[button] }, signal);
    await dispatch(session, { ...params, type: "mouseReleased", buttons: 0 }, signal);
  }
};

export const wheel = (session: CdpSession, { x, y }: Point, dx: number, dy: number, signal: AbortSignal): Promise<unknown> =>
  dispatch(session, { type: "mouseWheel", x, y, deltaX: dx, deltaY: dy }, signal);

/** Drags. What the page takes for drag and drop is dropped by its rules; the desktop's own drag, which would hold everything up, is not begun. */
export const drag = async (session: CdpSession, from: Point, to: Point, signal: AbortSignal): Promise<void> => {
  let data: object | undefined;
  const stop = session.on("Input.dragIntercepted", (params) => {
    data = params.data;
  });
  await session.send("Input.setInterceptDrags", { enabled: true }, { signal });
  let at = from;
  try {
    await moveTo(session, from, signal);
    await buttonDown(session, from, signal);
    for (let step = 1; step <= STEPS && !data; step++) {
      at = { x: from.x + ((to.x - from.x) * step) / STEPS, y: from.y + ((to.y - from.y) * step) / STEPS };
      await moveTo(session, at, signal, 1);
    }
    if (data)
      for (const type of ["dragEnter", "dragOver", "drop"])
        await session.send("Input.dispatchDragEvent", { type, ...to, data }, { signal });
  } finally {
    stop();
    await Promise.allSettled([buttonUp(session, data ? to : at), session.send("Input.setInterceptDrags", { enabled: false })]);
  }
};
