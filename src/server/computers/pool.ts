import { CreateComputer, type TemplateName } from "../../contract/computer.ts";
import { VitrineError } from "../../contract/errors.ts";
import { withDeadline } from "../deadline.ts";
import type { Guest } from "../guest/guest.ts";
import type { Machine } from "../machine/machine.ts";
import { shapeOf } from "../templates/shape.ts";
import { savedSizes } from "../templates/template.ts";
import { whileAlive } from "./attach.ts";
import { machineSpec } from "./boot.ts";
import type { Engine, Waiting } from "./engine.ts";
import { growDisks } from "./grow.ts";
import { newRecord, prepared } from "./new.ts";
import type { ComputerRecord } from "./record.ts";
import { renewalOf } from "./renewal.ts";

/** Whoever has claimed one gets the processors first. Milliseconds. */
const REFILL_AFTER_MS = 2000;
/** After a failure, which the next try may well share. Milliseconds. */
const RETRY_AFTER_MS = 30_000;

/** Restores one computer and brings it to where only its owner is missing. On failure nothing is left of it. */
const prepareOne = (engine: Engine, template: TemplateName, parent: AbortSignal): Promise<Waiting> =>
  withDeadline("A computer of the pool", engine.bootDeadlineMs, parent, async (signal) => {
    const record = newRecord(engine, { name: "waiting", spec: CreateComputer.parse({ template }), keyId: null });
    return prepared(engine, record, () => restoreOne(engine, record, signal));
  });

const restoreOne = async (engine: Engine, record: ComputerRecord, signal: AbortSignal): Promise<Waiting> => {
  const { id } = record;
  const { template } = record.spec;
  const shape = shapeOf(record.spec);
  const image = await engine.image(template, signal);
  const from = await engine.template(shape, image, signal, { often: true });
  if (!from) throw new VitrineError("machine_failed", { reason: `there is no template of '${template}' to restore` });
  const spec = machineSpec(engine, record, image);
  let machine: Machine | null = null;
  let guest: Guest | null = null;
  try {
    engine.fault("pool:prepare");
    await engine.machines.prepare(spec, from.disks);
    engine.fault("pool:refer");
    await engine.refer(from, id, spec.dir);
    engine.fault("pool:restore");
    machine = await engine.machines.restore(spec, from.state, signal, () => engine.fault("pool:spawned"));
    guest = engine.openGuest(machine.link, from.secret);
    const waiting: Waiting = { id, shape, disks_mb: spec.disks_mb, image, template: from, machine, guest };
    await whileAlive(machine, makeReady(engine, waiting, record, signal));
    // Before it ceases to be one that is prepared: the sweep knows it at every moment.
    engine.waiting.set(id, waiting);
    engine.fault("pool:ready");
    return waiting;
  } catch (error) {
    guest?.close();
    await machine?.kill();
    await engine.machines.destroy(spec.dir, machine?.record ?? null);
    await engine.unrefer(from, id);
    throw error;
  }
};

const makeReady = async (
  engine: Engine,
  { shape, disks_mb, template, machine, guest }: Waiting,
  record: ComputerRecord,
  signal: AbortSignal,
): Promise<void> => {
  const grow = await growDisks(machine, disks_mb, savedSizes(template).disks_mb);
  await guest.renew(() => renewalOf(engine, record, { grow, copy: true }), signal);
  await engine.rehearse(shape, guest, signal);
  // For the renewal that gives it to its owner.
  await guest.standby(false, signal);
  guest.hold(true);
  await machine.pause();
};

const end = async (engine: Engine, { id, machine, guest, template }: Waiting): Promise<void> => {
  guest.close();
  await machine.kill();
  await engine.machines.destroy(engine.directory(id), machine.record);
  await engine.unrefer(template, id);
};

/**
 * Keeps computers of common shapes waiting, so that a create claims one in milliseconds; they are paused and use memory, but no processor. What is claimed is
 * refilled behind, one at a time. They end with the service; after a crash the next one's reconcile() removes them, since there is no record of them.
 */
export const startPool = (engine: Engine, sizes: Partial<Record<TemplateName, number>>): { close(): Promise<void> } => {
  const wanted = Object.entries(sizes) as [TemplateName, number][];
  const ended = new AbortController();
  let filling: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  const missing = (): TemplateName | undefined =>
    wanted.find(([name, count]) => [...engine.waiting.values()].filter(({ shape }) => shape.template === name).length < count)?.[0];

  const keep = (one: Waiting): void => {
    engine.log.info({ computer: one.id }, "waits to be claimed");
    void one.machine.exited.then(async ({ reason }) => {
      if (ended.signal.aborted || !engine.waiting.delete(one.id)) return;
      engine.log.warn({ computer: one.id, reason }, "ended while it waited");
      await end(engine, one);
      fillAfter(REFILL_AFTER_MS);
    });
  };
  const fill = async (): Promise<void> => {
    try {
      for (let template = missing(); template && !ended.signal.aborted; template = missing())
        keep(await prepareOne(engine, template, ended.signal));
    } catch (error) {
      if (ended.signal.aborted) return;
      engine.log.warn({ err: error }, "the pool cannot be filled for now");
      fillAfter(RETRY_AFTER_MS);
    }
  };
  const fillAfter = (ms: number): void => {
    if (ended.signal.aborted) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      // One at a time; who fills looks for what is missing until nothing is.
      filling ??= fill().finally(() => {
        filling = null;
      });
    }, ms);
  };
  const onClaim = () => fillAfter(REFILL_AFTER_MS);
  engine.events.on("claimed", onClaim);
  if (wanted.length > 0) fillAfter(0);

  return {
    close: async () => {
      ended.abort(new Error("the service is stopping"));
      clearTimeout(timer);
      engine.events.off("claimed", onClaim);
      await filling;
      const left = [...engine.waiting.values()];
      engine.waiting.clear();
      await Promise.all(left.map((one) => end(engine, one)));
    },
  };
};
