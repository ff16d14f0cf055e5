import { type Env, refuse } from "./setup/setting.ts";

/**
 * Where a verb may be cut off: between any two of its points there is one thing that is made, or removed. A kill of the service at any of them leaves what the next
 * start finishes or undoes (test/faults/kill-points.test.ts goes through them). Those of computers are what their journal says.
 */
export const POINTS = {
  create: ["begin", "claim", "prepare", "refer", "restore", "spawn", "spawned", "renew", "boot", "whole"],
  start: ["begin", "restore", "spawn", "spawned", "loaded", "renew", "boot", "whole"],
  stop: ["begin", "suspend", "saved", "power-off", "ended"],
  fork: ["begin", "copies", "copy", "cut", "saved", "frozen", "make", "made"],
  copy: ["begin", "prepare", "refer", "restore", "spawn", "spawned", "renew", "boot", "whole"],
  snapshot: ["begin", "written", "taken"],
  discard: ["begin", "marked", "dropped"],
  revert: ["begin", "marked", "applied"],
  lend: ["begin", "held"],
  keep: ["written", "kept"],
  delete: ["begin", "halt", "remove", "unrefer", "forget"],
  pool: ["prepare", "refer", "restore", "spawned", "ready"],
  reconcile: ["swept", "settled"],
  publish: ["link"],
  record: ["directory", "film", "encoder"],
  finalize: ["begin", "joined", "produced"],
  erase: ["files"],
  template: ["boot", "saved", "whole"],
} as const;

export type Verb = keyof typeof POINTS;
export type Point = { [V in Verb]: `${V}:${(typeof POINTS)[V][number]}` }[Verb];

/** Called at each point as it is reached; it does nothing, unless a test wants the service to be gone there. */
export type Fault = (point: Point) => void;

export const noFault: Fault = () => {};

export const allPoints = (): Point[] => Object.entries(POINTS).flatMap(([verb, names]) => names.map((name) => `${verb}:${name}` as Point));

/** VITRINE_FAULT names the point at which this process kills itself with SIGKILL. For tests. Throws config_invalid. */
export const readFault = ({ VITRINE_FAULT: wanted }: Env): Fault => {
  if (!wanted) return noFault;
  if (!allPoints().some((point) => point === wanted)) refuse("VITRINE_FAULT", `"${wanted}" is no point of src/server/points.ts`);
  return (point) => {
    if (point === wanted) process.kill(process.pid, "SIGKILL");
  };
};
