import type { Request, Response } from "express";
import { VitrineError } from "../../contract/errors.ts";
import type { Route } from "../../contract/route.ts";
import type { Caller } from "../auth/caller.ts";
import { admitToComputer } from "./access.ts";
import type { Context } from "./context.ts";
import type { OpenRelays } from "./relays.ts";

/** Lets a call in by the link in its query, and answers who holds it; the connection ends with the link. Null: there is none, so the API key is what counts. */
export const admitByLink = (context: Context, relays: OpenRelays, route: Route, request: Request, response: Response): Caller | null => {
  if (route.power === undefined || !("token" in request.query)) return null;
  const { record, caller, link, used, failed } = admitToComputer(context, request, {
    idOrName: String(request.params.id),
    power: route.power,
  });
  if (link?.read_only && route.method !== "get") {
    failed();
    throw new VitrineError("power_missing", { power: "writing files" });
  }
  const { signal, release } = relays.add({ kind: "files", computerId: record.id, link, caller, outlivesStop: true });
  signal.addEventListener("abort", () => response.destroy(), { once: true });
  response.once("close", () => {
    release();
    if (response.writableFinished && response.statusCode >= 400) failed();
    else used();
  });
  return caller;
};
