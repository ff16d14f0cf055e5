import { isDeepStrictEqual } from "node:util";
import { CreateComputer, type TemplateName } from "../../contract/computer.ts";
import type { GuestImage } from "../machine/machine.ts";
import type { Accel } from "../machine/qemu/args.ts";
import { type Progress, toBoth } from "../progress.ts";
import { type BuildPorts, ensureTemplate } from "./build.ts";
import { templateKey } from "./key.ts";
import { type Shape, shapeOf, withCommonViewport } from "./shape.ts";
import { findTemplate } from "./store.ts";
import type { Template } from "./template.ts";

/** What a computer of this template is when nothing else is said. */
const defaultShape = (template: TemplateName): Shape => shapeOf(CreateComputer.parse({ template }));
const isCommon = (shape: Shape): boolean => isDeepStrictEqual(shape, defaultShape("browser"));

/** What a template is asked for with. */
export interface Wanted {
  /** It is to be used more than once, soon. */
  often?: boolean;
  /** Told, beside the service's own, how the building gets on. */
  progress?: Progress;
}

export interface Templates {
  /**
   * The template of a shape, or the one that differs from it in the screen alone. One that is asked for the first time, and is not what most computers are, is not built
   * for a single use: the answer is null, and the computer boots, which takes no longer. One that is to be used `often` is.
   */
  find(shape: Shape, image: GuestImage, signal: AbortSignal, wanted?: Wanted): Promise<Template | null>;
  /** The template that a computer of default shape is restored from, built where it is not there. */
  ensure(template: TemplateName, image: GuestImage, progress: Progress, signal: AbortSignal): Promise<Template>;
}

export const openTemplates = (ports: BuildPorts, accel: Accel, progress: Progress): Templates => {
  const asked = new Set<string>();
  return {
    find: async (shape, image, signal, { often = false, progress: own } = {}) => {
      const told = toBoth(progress, own);
      const ensure = async (wanted: Shape) => ensureTemplate(ports, wanted, image, await templateKey(wanted, image, accel), told, signal);
      const key = await templateKey(shape, image, accel);
      const common = withCommonViewport(shape);
      const found =
        (await findTemplate(ports.cacheDir, key)) ??
        (often ? null : await findTemplate(ports.cacheDir, await templateKey(common, image, accel)));
      if (found) return found;
      if (!often && isCommon(common)) return ensure(common);
      const first = !asked.has(key);
      asked.add(key);
      return first && !often ? null : ensure(shape);
    },
    ensure: async (template, image, told, signal) => {
      const shape = defaultShape(template);
      return ensureTemplate(ports, shape, image, await templateKey(shape, image, accel), told, signal);
    },
  };
};
