import type { z } from "zod";
import { VitrineError } from "../../contract/errors.ts";
import { type Network, NetworkPolicy, type PatchNetwork } from "../../contract/network.ts";
import { judgeProxy } from "../egress/dial.ts";
import { parse } from "../parse.ts";
import { type Engine, requireIdle, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";
import { requireStatus } from "./state.ts";

export type NetworkChange = z.output<typeof PatchNetwork>;

/** Throws invalid_request for what the policy's own form does not say: the service's own port, and a proxy that is not to be used. */
export const checkNetwork = (
  engine: Pick<Engine, "ownPort">,
  { network, browser }: Pick<ComputerRecord["spec"], "network" | "browser">,
): void => {
  const own = engine.ownPort();
  if (own !== null && network.host_ports.includes(own))
    throw new VitrineError("invalid_request", {
      reason: `network.host_ports: ${own} is the port of this service itself, which no computer reaches`,
    });
  const refused = browser.proxy && judgeProxy(browser.proxy, new Set(network.host_ports));
  if (refused) throw new VitrineError("invalid_request", { reason: `browser.proxy.server: ${refused.reason}` });
};

export const networkOf = (engine: Engine, { id, spec }: ComputerRecord): Network => ({
  policy: spec.network,
  traffic: engine.live.get(id)?.gate.traffic() ?? [],
});

/** Changes some fields of a computer's policy, which holds from then on and at once. Throws invalid_request when the whole is not valid. */
export const setNetwork = (engine: Engine, record: ComputerRecord, change: NetworkChange): Network => {
  requireStatus("network", record.status, ["running", "stopped", "restorable", "error"]);
  requireIdle(engine, record, "network");
  const network = parse(NetworkPolicy, { ...record.spec.network, ...change }, "network");
  const spec = { ...record.spec, network };
  checkNetwork(engine, spec);
  const changed = update(engine, record.id, { spec });
  engine.live.get(record.id)?.gate.setPolicy(network);
  return networkOf(engine, changed);
};
