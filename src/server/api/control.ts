import type { Request, Router } from "express";
import { TakeControl } from "../../contract/control.ts";
import { VitrineError } from "../../contract/errors.ts";
import { audit } from "../auth/audit.ts";
import { type ComputerRecord, hasDisplay } from "../computers/record.ts";
import { parse } from "../parse.ts";
import { type Access, admitToComputer } from "./access.ts";
import type { Context } from "./context.ts";
import type { Handlers } from "./operate.ts";

/** Throws wrong_state, no_display. */
const drivable = ({ computers }: { computers: Access["computers"] }, idOrName: string): ComputerRecord => {
  const { record } = computers.running(idOrName, "control");
  if (!hasDisplay(record)) throw new VitrineError("no_display");
  return record;
};

export const controlHandlers = (context: Context): Pick<Handlers, "getControl" | "takeControl" | "releaseControl"> => ({
  getControl: ({ params, computers }) => context.control.get(computers.get(params.id).id),
  takeControl: ({ params, computers, body }) => context.control.take(drivable({ computers }, params.id).id, body),
  releaseControl: ({ params, computers }) => context.control.release(computers.get(params.id).id),
});

/** Which of a computer's live pages asks: a name that the page gives itself, so that it is told from others with the same link. */
export const viewerOf = (request: Request): string | null => {
  const { viewer } = request.query;
  if (viewer === undefined) return null;
  if (typeof viewer === "string" && /^[\w-]{8,64}$/.test(viewer)) return viewer;
  throw new VitrineError("invalid_request", { reason: "query.viewer: use 8 to 64 letters, digits, _ and -" });
};

/** The live page's own way to take and release; a control link lets it in. */
export const liveControlRoutes = (router: Router, context: Context): void => {
  const admit = (request: Request): Access & { viewer: string } => {
    const access = admitToComputer(context, request, { idOrName: request.params.id as string, power: "control" });
    const viewer = viewerOf(request);
    if (viewer === null) throw new VitrineError("invalid_request", { reason: "query.viewer is missing" });
    return { ...access, viewer };
  };
  router.post("/live/:id/control", (request, response) => {
    const { record, caller, computers, viewer } = admit(request);
    const { name } = request.query;
    const body = parse(TakeControl, { holder: "person", ...(typeof name === "string" && name !== "" && { name }) }, "query");
    audit(context.emit, caller, { action: "takeControl", computerId: record.id });
    response.json(context.control.take(drivable({ computers }, record.id).id, body, viewer));
  });
  router.delete("/live/:id/control", (request, response) => {
    const { record, caller, viewer } = admit(request);
    audit(context.emit, caller, { action: "releaseControl", computerId: record.id });
    response.json(context.control.release(record.id, viewer));
  });
};
