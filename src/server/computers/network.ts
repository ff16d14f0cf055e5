import type { z } from "zod";
import { VitrineError } from "../../contract/errors.ts";
import type { Event } from "../../contract/events.ts";
import { type Network, NetworkPolicy, type NetworkTrial, type PatchNetwork } from "../../contract/network.ts";
import { judgeProxy } from "../egress/dial.ts";
import { tryPolicy } from "../egress/trial.ts";
import { parse } from "../parse.ts";
import { type Engine, requireIdle, update } from "./engine.ts";
import type { ComputerRecord } from "./record.ts";
import { requireStatus } from "./state.ts";

export type NetworkChange = z.output<typeof PatchNetwork>;

/** As a value that has not its form is told (parse.ts). */
const wrong = (at: string, message: string): VitrineError =>
  new VitrineError("invalid_request", { reason: `${at}: ${message}`, issues: [{ at, message }] });

/** Throws invalid_request for what the policy's own form does not say: the service's own port, and a proxy that is not to be used. */
export const checkNetwork = (
  engine: Pick<Engine, "ownPort">,
  { network, browser }: Pick<ComputerRecord["spec"], "network" | "browser">,
): void => {
  const own = engine.ownPort();
  if (own !== null && network.host_ports.includes(own))
    throw wrong("network.host_ports", `${own} is the port of this service itself, which no computer reaches`);
  const refused = browser.proxy && judgeProxy(browser.proxy, new Set(network.host_ports));
  if (refused) throw wrong("browser.proxy.server", refused.reason);
};

export const networkOf = (engine: Engine, { id, spec }: ComputerRecord): Network => ({
  policy: spec.network,
  traffic: engine.live.get(id)?.gate.traffic() ?? [],
});

/** A computer's policy with some fields changed. Throws invalid_request when the whole is not valid. */
const changedBy = (engine: Engine, { spec }: ComputerRecord, change: NetworkChange): NetworkPolicy => {
  const network = parse(NetworkPolicy, { ...spec.network, ...change }, "network");
  checkNetwork(engine, { ...spec, network });
  return network;
};

/** What a change would make of what was refused: events, the latest first. Throws invalid_request when the whole is not valid. */
export const tryNetwork = (engine: Engine, record: ComputerRecord, change: NetworkChange, told: readonly Event[]): NetworkTrial =>
  tryPolicy(changedBy(engine, record, change), told, engine.ownPort());

/** Changes some fields of a computer's policy, which holds from then on and at once. Throws invalid_request when the whole is not valid. */
export const setNetwork = (engine: Engine, record: ComputerRecord, change: NetworkChange): Network => {
  requireStatus("network", record.status, ["running", "stopped", "restorable", "error"]);
  requireIdle(engine, record, "network");
  const network = changedBy(engine, record, change);
  const changed = update(engine, record.id, { spec: { ...record.spec, network } });
  engine.live.get(record.id)?.gate.setPolicy(network);
  return networkOf(engine, changed);
};
