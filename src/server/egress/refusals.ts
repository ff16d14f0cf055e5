import type { Refused } from "../../contract/network.ts";
import { type Coalescer, coalesce } from "../timeline/coalesce.ts";
import type { Emit } from "../timeline/timeline.ts";

const MAX_TOLD = 100;
const REST: Refused = {
  name: null,
  address: null,
  port: null,
  protocol: "any",
  rule: "limit",
  reason: "further refusals, too many to be told one by one",
};

export type Refusals = Coalescer<Refused>;

/** Turns refusals into events. */
export const refusals = (emit: Emit, computerId: string): Refusals =>
  coalesce<Refused>({
    emit,
    computerId,
    type: "egress.refused",
    most: MAX_TOLD,
    keyOf: ({ protocol, name, address, port, rule }) => [protocol, name, address, port, rule],
    rest: REST,
  });
