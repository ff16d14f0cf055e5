import { join } from "node:path";
import { ensureImage, findImage } from "../../guest-image/build/image.ts";
import { CreateComputer, type TemplateName } from "../contract/computer.ts";
import type { Meter } from "./capacity/resources.ts";
import type { Log, Ports } from "./computers/engine.ts";
import { bootFiles } from "./guest/boot-files.ts";
import { openGuest } from "./guest/open.ts";
import { createQemuDriver } from "./machine/qemu/driver.ts";
import type { OnOrphan } from "./orphans.ts";
import { type Fault, noFault } from "./points.ts";
import { type Progress, toBoth } from "./progress.ts";
import type { Config } from "./setup/config.ts";
import type { Requirement } from "./setup/packages.ts";
import { setUp } from "./setup/setup.ts";
import { endBuild } from "./templates/build.ts";
import type { Shape } from "./templates/shape.ts";
import { discardTemplate, refer, removeAbandoned, removeDiscarded, templatesDir, unrefer } from "./templates/store.ts";
import { openTemplates, type Templates } from "./templates/templates.ts";
import { rehearse, warm } from "./templates/warm.ts";

/** Milliseconds that a boot may take, by acceleration. */
const BOOT_DEADLINE_MS = { kvm: 60_000, tcg: 300_000 };

/** What QEMU takes beside the guest's memory, by acceleration: itself, and what it has translated (tb-size in args.ts). MiB. */
const OVERHEAD_MB = { kvm: 96, tcg: 352 };

/** What this machine offers to run computers with. Tests bring their own. */
export interface Host
  extends Pick<Ports, "machines" | "image" | "template" | "refer" | "unrefer" | "discard" | "openGuest" | "rehearse" | "bootDeadlineMs"> {
  hasImage(template: TemplateName): Promise<boolean>;
  /** Removes what builders of templates and images have left that are gone, and templates that nobody needs. */
  sweep(orphaned: OnOrphan): Promise<void>;
  /** MiB that a machine takes beside its guest's memory. */
  overheadMb: number;
  /** Default: this machine. */
  meter?: Meter;
  /** One sentence for the log. */
  about: string;
}

/** What a guest reads that is booted to become a template: nobody's options. */
const templateFiles = ({ template, mode, viewport }: Shape, secret: string) => {
  const browser = { mode: mode === "headless" ? mode : ("live" as const), viewport };
  const spec = CreateComputer.parse({ template, browser, network: { mode: "off" } });
  return bootFiles({ name: "template", spec }, secret);
};

export interface Preparation {
  /** What is to be ready: its image, and its template at the default size. */
  template: TemplateName;
  /** Programs wanted beside the service's own. */
  alsoNeeds?: readonly Requirement[];
  progress: Progress;
  signal: AbortSignal;
  log: Log;
  fault?: Fault;
}

/** Sets the machine up where something is missing, with progress. Throws setup_incomplete with what to do. */
export const prepare = async (
  { cacheDir, templatesMb, uids }: Pick<Config, "cacheDir" | "templatesMb" | "uids">,
  { template, alsoNeeds = [], progress, signal, log, fault = noFault }: Preparation,
) => {
  const { accel, image } = await setUp({ template, cacheDir, uids, progress, signal, alsoNeeds });
  const machines = createQemuDriver({ accel: accel.accel, uids, log: (message) => log.info({}, message) });
  const bootDeadlineMs = BOOT_DEADLINE_MS[accel.accel];
  const open: Ports["openGuest"] = (link, secret) => openGuest({ link, secret });
  const toLog: Progress = ({ step, message }) => log.info({ step }, message);
  const templates: Templates = openTemplates(
    { machines, openGuest: open, bootFiles: templateFiles, warm, cacheDir, bootDeadlineMs, capBytes: templatesMb * 1024 * 1024, fault },
    accel.accel,
    toLog,
  );
  const ready = await templates.ensure(template, image, progress, signal);
  const host: Host = {
    machines,
    image: (name, within, own) => ensureImage(name, { cacheDir, signal: within, progress: toBoth(toLog, own) }),
    template: templates.find,
    refer: ({ dir }, id, computerDir) => refer(dir, id, computerDir),
    unrefer: ({ dir }, id) => unrefer(dir, id),
    discard: ({ dir }) => discardTemplate(dir),
    hasImage: async (name) => (await findImage(name, { cacheDir })) !== null,
    sweep: async (orphaned) => {
      const templates = templatesDir(cacheDir);
      const gone = (await removeAbandoned(templates, endBuild(machines))) + (await removeDiscarded(cacheDir));
      for (let i = 0; i < gone; i++) orphaned("template");
      for (const place of ["images", "base"]) for (let i = await removeAbandoned(join(cacheDir, place)); i > 0; i--) orphaned("image");
    },
    openGuest: open,
    rehearse,
    bootDeadlineMs,
    overheadMb: OVERHEAD_MB[accel.accel],
    about: `${accel.accel}: ${accel.reason}`,
  };
  return { host, image, ready };
};
