/** Uids that nothing else on the host has: each machine runs as one of them. */
export interface UidRange {
  first: number;
  count: number;
}

/** Between the ids of users and those that systemd gives to containers and services. */
export const DEFAULT_UIDS: UidRange = { first: 1_879_048_192, count: 65_536 };

/**
 * What stands around a machine's process. `own-uid`: namespaces, and a uid that no other machine has. `user-namespace`: the same namespaces, but the service's own
 * uid, so that machines are kept apart by what they can see alone. `none`: neither is to be had here, and the link is a loopback port.
 */
export type Walls = { kind: "own-uid"; uids: UidRange } | { kind: "user-namespace" } | { kind: "none" };

/** Control groups of version 2 below the service's own. */
export interface Cgroups {
  /** Where each machine's group is made. */
  base: string;
  controllers: readonly string[];
}

/** How machines are confined on this host. */
export interface Confinement {
  walls: Walls;
  /** Why there are no better walls, one sentence for each that was tried. */
  lacks: readonly string[];
  /** What bounds a machine's share of the host; or why nothing but resource limits does. */
  cgroups: Cgroups | { reason: string };
}

const WALLS: Record<Walls["kind"], string> = {
  "own-uid": "each machine has namespaces and a uid of its own",
  "user-namespace": "each machine has namespaces of its own and the service's uid",
  none: "machines have no namespaces of their own, and links are loopback ports",
};

/** One sentence for a person. */
export const inWords = ({ walls }: Confinement): string => WALLS[walls.kind];
