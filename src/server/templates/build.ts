import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../../../guest-image/build/lock.ts";
import { VitrineError } from "../../contract/errors.ts";
import { bootUp } from "../boot-up.ts";
import { withDeadline } from "../deadline.ts";
import { DISKS, diskFile } from "../disk.ts";
import type { Guest } from "../guest/guest.ts";
import { createOverlay } from "../machine/disks.ts";
import type { BootFiles, GuestImage, LinkAddress, MachineDriver } from "../machine/machine.ts";
import type { Fault } from "../points.ts";
import type { Progress } from "../progress.ts";
import { markFiles, writeManifest } from "./manifest.ts";
import { type Shape, templateDisks } from "./shape.ts";
import { buildDir, evict, findTemplate, freshDir, overlayFile, removeAbandoned, sizeOnDisk, templateAt, templatesDir } from "./store.ts";
import type { Template } from "./template.ts";

/** What building needs from the rest of the service. */
export interface BuildPorts {
  machines: MachineDriver;
  openGuest(link: LinkAddress, secret: string): Guest;
  /** What a guest of this shape reads at its boot. */
  bootFiles(shape: Shape, secret: string): BootFiles;
  /** Resolves when all that the shape has is up and has been used once, as its first user would. */
  warm(shape: Shape, guest: Guest, signal: AbortSignal): Promise<void>;
  cacheDir: string;
  /** Milliseconds that a boot may take. */
  bootDeadlineMs: number;
  /** Bytes that all templates together may take. */
  capBytes: number;
  fault: Fault;
}

/** Boots a guest once, makes it ready for all that its clones will do, and saves it. Leaves memory, state and disk in `work`. */
const bootAndSave = async (
  ports: BuildPorts,
  shape: Shape,
  image: GuestImage,
  secret: string,
  work: string,
  progress: Progress,
  parent: AbortSignal,
) => {
  const dir = join(work, "m");
  const { vcpus, ram_mb } = shape;
  const spec = { dir, vcpus, ram_mb, disks_mb: templateDisks(shape), image };
  const say = (message: string, percent: number) => progress({ step: "template", message, percent });
  await withDeadline(`The template '${shape.template}'`, ports.bootDeadlineMs, parent, async (signal) => {
    say(`Booting '${shape.template}' once, to be restored from then on`, 0);
    await ports.machines.prepare(spec, { root: { file: image.rootDisk, overlay: null }, workspace: null });
    const machine = await bootUp(
      {
        machines: ports.machines,
        spec,
        files: ports.bootFiles(shape, secret),
        onSpawn: () => ports.fault("template:boot"),
        memory: join(work, "memory"),
        onHang: () => say("It hung; booting it again", 0),
      },
      signal,
    );
    const guest = ports.openGuest(machine.link, secret);
    try {
      say("Waiting until it is up", 20);
      await ports.warm(shape, guest, signal);
      say("Saving it", 70);
      await guest.standby(true, signal);
      guest.close();
      await machine.pause();
      await machine.saveState(join(work, "state"), signal);
      ports.fault("template:saved");
    } finally {
      guest.close();
      await machine.kill();
    }
  });
  const disks = DISKS.map(diskFile);
  for (const name of disks) await rename(join(dir, name), join(work, name));
  for (const name of [...disks, "memory"]) await ports.machines.seal(join(work, name));
  await rm(dir, { recursive: true });
};

/** Ends the machine of a build that was cut off. */
export const endBuild =
  (machines: MachineDriver) =>
  (work: string): Promise<void> =>
    machines.halt(join(work, "m"), null);

/**
 * The template of a shape, built when it is not there or broken: one builder at a time, others wait and see its progress. A build that fails or is aborted leaves
 * nothing. Throws setup_incomplete or timeout.
 */
export const ensureTemplate = async (
  ports: BuildPorts,
  shape: Shape,
  image: GuestImage,
  key: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Template> => {
  const { cacheDir } = ports;
  const found = await findTemplate(cacheDir, key);
  if (found) return found;
  await mkdir(templatesDir(cacheDir), { recursive: true, mode: 0o700 });
  await removeAbandoned(templatesDir(cacheDir), endBuild(ports.machines));
  return withLock(templatesDir(cacheDir), key, progress, signal, async (told) => {
    const made = await findTemplate(cacheDir, key);
    if (made) return made;
    const work = buildDir(cacheDir, key);
    const final = freshDir(cacheDir, key);
    const secret = randomBytes(24).toString("base64url");
    await mkdir(work, { mode: 0o700 });
    try {
      await bootAndSave(ports, shape, image, secret, work, told, signal);
      told({ step: "template", message: "Checking it", percent: 80 });
      for (const disk of DISKS)
        await createOverlay(join(work, overlayFile(disk)), join(final, diskFile(disk)), 0, join(work, diskFile(disk)));
      const files = await markFiles(work, signal);
      const manifest = { key, shape, image_id: image.id, built_at: new Date().toISOString(), secret, size: await sizeOnDisk(work), files };
      await writeManifest(work, manifest);
      ports.fault("template:whole");
      await rename(work, final);
      told({ step: "template", message: `Template '${shape.template}' is ready: ${Math.round(manifest.size / 1e6)} MB`, percent: 100 });
      await evict(cacheDir, ports.capBytes, key);
      return templateAt(final, manifest);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof VitrineError) throw error;
      const reason = `the template '${shape.template}' could not be built: ${error instanceof Error ? error.message : String(error)}`;
      throw new VitrineError("setup_incomplete", { reason }, { cause: error });
    } finally {
      await endBuild(ports.machines)(work);
      await rm(work, { recursive: true, force: true });
    }
  });
};
