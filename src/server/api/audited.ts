import { VitrineError } from "../../contract/errors.ts";
import type { Route } from "../../contract/route.ts";
import { ROUTES, type RouteId } from "../../contract/routes.ts";
import { audit } from "../auth/audit.ts";
import type { Caller } from "../auth/caller.ts";
import type { Computers } from "../computers/computers.ts";
import type { Emit } from "../timeline/timeline.ts";

/** Ids of what an answer says was made. */
const madeIn = (answer: unknown): unknown[] => {
  const { data } = answer as { data?: unknown[] };
  return (data ?? [answer]).map((one) => {
    const { id, link_id, pid } = one as Record<string, unknown>;
    return id ?? link_id ?? pid;
  });
};

interface Audited {
  caller: Caller;
  computers: Computers;
  params: Record<string, unknown>;
  query: unknown;
}

/** A look that tells of itself, so often (screenshot.ts). */
const isPassive = (query: unknown): boolean => (query as { passive?: boolean } | undefined)?.passive === true;

/** Runs a call and tells the timeline of it: before it is done, but of one that makes something when that is made or has failed. */
export const audited = async (
  emit: Emit,
  action: RouteId,
  { caller, computers, params, query }: Audited,
  work: () => unknown,
): Promise<unknown> => {
  const route: Route = ROUTES[action];
  const told = route.audited ?? route.method !== "get";
  if (!told || (route.method === "get" && isPassive(query))) return work();
  const { id, ...path } = params;
  const use = { action, computerId: id === undefined ? null : (computers.find(String(id))?.id ?? null), path };
  if (route.status !== 201) {
    audit(emit, caller, use);
    return work();
  }
  try {
    const answer = await work();
    const made = madeIn(answer);
    audit(emit, caller, { ...use, computerId: action === "createComputer" ? String(made[0]) : use.computerId, made });
    return answer;
  } catch (error) {
    audit(emit, caller, { ...use, code: error instanceof VitrineError ? error.code : "internal_error" });
    throw error;
  }
};
