import type { CreateComputer } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import { boot, machineSpec } from "./boot.ts";
import { removeAll } from "./delete.ts";
import { type Engine, operate, type Step, update } from "./engine.ts";
import { generateId, generateName } from "./names.ts";
import { type ComputerRecord, hasBrowser, hasDisplay } from "./record.ts";

const refuseUnsupported = (spec: CreateComputer): void => {
  if (spec.record_video !== false && (spec.template === "scratch" || spec.browser.mode === "headless"))
    throw new VitrineError("unsupported_option", { option: "record_video", reason: "this computer has no screen to record" });
  if (spec.network.mode === "open")
    throw new VitrineError("unsupported_option", {
      option: "network.mode 'open'",
      reason: "this release lets a computer reach the host_ports you name and nothing else; use 'restricted' or 'off'",
    });
  if (spec.network.mode === "off" && spec.network.host_ports.length > 0)
    throw new VitrineError("unsupported_option", { option: "network.host_ports", reason: "network.mode is 'off'; use 'restricted'" });
};

/**
 * Writes the computer down and begins to make it. Answers its record in `creating` at once, and `whole`, which resolves with it in `running`
 * or rejects once all of it has been removed again.
 */
export const create = (engine: Engine, request: CreateComputer): { record: ComputerRecord; whole: Promise<ComputerRecord> } => {
  refuseUnsupported(request);
  const { name, ...spec } = request;
  const now = Date.now();
  const record: ComputerRecord = {
    id: generateId("cmp"),
    name: name ?? generateName((taken) => engine.store.computers.get(taken) !== null),
    status: "creating",
    spec,
    machine: null,
    created_at: new Date(now).toISOString(),
    started_at: null,
    stopped_at: null,
    expires_at: spec.ttl_s === undefined ? null : new Date(now + spec.ttl_s * 1000).toISOString(),
    last_error: null,
    start_kind: null,
    ready_ms: null,
  };
  engine.admit(record);
  engine.store.computers.insert(record);
  addOwnLinks(engine, record);
  engine.events.emit("change", record);
  return { record, whole: operate(engine, record.id, "create", (signal, step) => make(engine, record, signal, step)) };
};

const addOwnLinks = (engine: Engine, record: ComputerRecord): void => {
  const powers = [...(hasBrowser(record) ? (["cdp"] as const) : []), ...(hasDisplay(record) ? (["control", "view"] as const) : [])];
  for (const power of powers) engine.store.links.insert({ id: generateId("lnk"), computer_id: record.id, power, own: 1, expires_at: null });
};

const make = async (engine: Engine, record: ComputerRecord, signal: AbortSignal, step: Step): Promise<ComputerRecord> => {
  try {
    const spec = await machineSpec(engine, record, signal);
    signal.throwIfAborted();
    step("prepare");
    await engine.machines.prepare(spec);
    signal.throwIfAborted();
    return await boot(engine, record, spec, signal, step);
  } catch (cause) {
    const current = engine.store.computers.require(record.id);
    if (current.status === "deleting" || current.status === "deleted")
      throw new VitrineError("wrong_state", { status: current.status, verb: "create", needs: "left alone" }, { cause });
    const error = cause instanceof VitrineError ? cause : new VitrineError("machine_failed", { reason: (cause as Error).message });
    engine.log.warn({ computer: record.id, err: cause }, "create failed");
    update(engine, record.id, { status: "deleting", last_error: { code: error.code, message: error.message } });
    await removeAll(engine, record.id, step);
    throw error;
  }
};
