import type { CreateComputer } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import { type Caller, ownerOf } from "../auth/caller.ts";
import type { MachineSpec } from "../machine/machine.ts";
import { shapeOf } from "../templates/shape.ts";
import { savedSizes, type Template } from "../templates/template.ts";
import { boot, machineSpec } from "./boot.ts";
import { claim, takeOver, waitingFor } from "./claim.ts";
import { removeAll } from "./delete.ts";
import { asVitrineError, type Engine, lastErrorOf, operate, type Step, tellRestoreFailed, update, type Waiting } from "./engine.ts";
import { checkNetwork } from "./network.ts";
import { newRecord, writeDown } from "./new.ts";
import { requireProfile } from "./profile/use.ts";
import { tellProgress } from "./progress.ts";
import { requireQuota, sizeOf } from "./quota.ts";
import type { ComputerRecord } from "./record.ts";
import { restore } from "./restore.ts";
import { fillWorkspace, findSnapshot } from "./snapshots/workspace.ts";

const refuseUnsupported = (engine: Engine, spec: CreateComputer): void => {
  if (spec.record_video !== false && (spec.template === "scratch" || spec.browser.mode === "headless"))
    throw new VitrineError("unsupported_option", { option: "record_video", reason: "this computer has no screen to record" });
  checkNetwork(engine, spec);
};

/** A workspace that is filled from a snapshot can hold at least what that one could. Throws snapshot_not_found. */
const withSnapshot = (engine: Engine, caller: Caller, spec: ComputerRecord["spec"]): ComputerRecord["spec"] => {
  if (spec.workspace_snapshot === undefined) return spec;
  const { workspace_quota_mb } = findSnapshot(engine, caller, spec.workspace_snapshot);
  return { ...spec, workspace_quota_mb: Math.max(spec.workspace_quota_mb, workspace_quota_mb) };
};

/**
 * Writes the computer down and begins to make it. Answers its record in `creating` at once, and `whole`, which resolves with it in `running`
 * or rejects once all of it has been removed again.
 */
export const create = (
  engine: Engine,
  caller: Caller,
  request: CreateComputer,
): { record: ComputerRecord; whole: Promise<ComputerRecord> } => {
  refuseUnsupported(engine, request);
  const { name, ...asked } = request;
  const spec = withSnapshot(engine, caller, asked);
  requireProfile(engine, caller, spec);
  requireQuota(engine, caller, sizeOf(spec));
  // A saved machine has a workspace mounted already.
  const waiting = spec.workspace_snapshot === undefined ? waitingFor(engine, spec) : null;
  const record = newRecord(engine, { name, spec, keyId: ownerOf(caller), waiting });
  // What waits has its memory already, and takes no time.
  if (!waiting) {
    engine.makers.requireRoom();
    engine.admit(record);
  }
  writeDown(engine, record);
  if (waiting) claim(engine, waiting);
  const work = (signal: AbortSignal, step: Step) => start(engine, record, waiting, signal, step);
  return { record, whole: make(engine, record, "create", work) };
};

/** Runs the making of a computer that has been written down; when it fails, all of it is removed again. */
export const make = (
  engine: Engine,
  record: ComputerRecord,
  verb: "create" | "copy",
  work: (signal: AbortSignal, step: Step) => Promise<ComputerRecord>,
): Promise<ComputerRecord> =>
  operate(engine, record.id, verb, async (signal, step) => {
    try {
      return await work(signal, step);
    } catch (cause) {
      const current = engine.store.computers.require(record.id);
      if (current.status === "deleting" || current.status === "deleted")
        throw new VitrineError("wrong_state", { status: current.status, verb, needs: "left alone" }, { cause });
      const error = asVitrineError(cause);
      engine.log.warn({ computer: record.id, err: cause }, `${verb} failed`);
      update(engine, record.id, { status: "deleting", last_error: lastErrorOf(error) });
      await operate(engine, record.id, "delete", (_signal, removal) => removeAll(engine, record.id, removal));
      throw error;
    }
  });

/** The computer, or null when its machine has failed and nothing is left of it: whatever was wrong, it can still be had a slower way. */
type Attempt = (kind: "claimed" | "restored", work: () => Promise<ComputerRecord>) => Promise<ComputerRecord | null>;

const start = async (
  engine: Engine,
  record: ComputerRecord,
  waiting: Waiting | null,
  signal: AbortSignal,
  step: Step,
): Promise<ComputerRecord> => {
  const attempt: Attempt = async (kind, work) => {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof VitrineError) || error.code !== "machine_failed") throw error;
      tellRestoreFailed(engine, record.id, kind, error);
      await engine.machines.destroy(engine.directory(record.id), engine.store.computers.require(record.id).machine);
      signal.throwIfAborted();
      return null;
    }
  };

  if (waiting) {
    const made = await attempt("claimed", () => takeOver(engine, record, waiting, signal, step));
    if (made) return made;
  }
  const leave = await engine.makers.enter(signal);
  try {
    return await build(engine, record, attempt, signal, step);
  } finally {
    leave();
  }
};

/** From the template where there is one, from the image otherwise. */
const build = async (
  engine: Engine,
  record: ComputerRecord,
  attempt: Attempt,
  signal: AbortSignal,
  step: Step,
): Promise<ComputerRecord> => {
  const progress = tellProgress(engine, record.id);
  const image = await engine.image(record.spec.template, signal, progress);
  const spec = machineSpec(engine, record, image);
  const { workspace_snapshot } = record.spec;
  const template = workspace_snapshot === undefined ? await engine.template(shapeOf(record.spec), image, signal, { progress }) : null;
  signal.throwIfAborted();
  if (template) {
    const restored = () => attempt("restored", () => fromTemplate(engine, record, spec, template, signal, step));
    // One machine may end for what is not the template's doing; of two it is.
    const made = (await restored()) ?? (await restored());
    if (made) return made;
    await engine.discard(template);
  }
  step("prepare");
  update(engine, record.id, { image, template: null });
  await engine.machines.prepare(spec, { root: { file: image.rootDisk, overlay: null }, workspace: null });
  if (workspace_snapshot !== undefined) await fillWorkspace(engine, spec, workspace_snapshot, signal);
  signal.throwIfAborted();
  return boot(engine, record, spec, signal, step);
};

const fromTemplate = async (
  engine: Engine,
  record: ComputerRecord,
  spec: MachineSpec,
  template: Template,
  signal: AbortSignal,
  step: Step,
): Promise<ComputerRecord> => {
  const { key, dir, disks, state, secret } = template;
  step("prepare");
  update(engine, record.id, { image: spec.image, template: { key, dir } });
  await engine.machines.prepare(spec, disks);
  step("refer");
  await engine.refer(template, record.id, spec.dir);
  signal.throwIfAborted();
  return restore(engine, record, spec, { state, kind: "restored", secret, saved: savedSizes(template), shared: true }, signal, step);
};
