import { stat } from "node:fs/promises";
import { findImage } from "../../../../guest-image/build/image.ts";
import { TEMPLATES, type TemplateName } from "../../../contract/computer.ts";
import type { GuestImage } from "../../machine/machine.ts";
import { verify } from "../../templates/manifest.ts";
import { listTemplates } from "../../templates/store.ts";
import type { Config } from "../config.ts";
import type { Check } from "./check.ts";

/** A template and its image, if that was built. */
export interface ImageInfo {
  template: TemplateName;
  image: GuestImage | null;
  /** Kernel, initramfs and disk together, as they lie on the host. */
  size_bytes: number;
}

const sizeOf = async (image: GuestImage): Promise<number> => {
  const sizes = await Promise.all([image.kernel, image.initrd, image.rootDisk].map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
};

export const listImages = ({ cacheDir }: Pick<Config, "cacheDir">): Promise<ImageInfo[]> =>
  Promise.all(
    TEMPLATES.map(async (template) => {
      const image = await findImage(template, { cacheDir });
      return { template, image, size_bytes: image ? await sizeOf(image) : 0 };
    }),
  );

export const images = async (config: Pick<Config, "cacheDir">): Promise<Check[]> =>
  (await listImages(config)).map(({ template, image, size_bytes }) => {
    const needed = template === "browser";
    const base = { name: `image ${template}`, ok: image !== null || !needed, needed };
    const why = needed ? "Computers start from it." : "Built when it is first asked for.";
    if (image) return { ...base, found: `${image.id.slice(0, 12)}, ${Math.round(size_bytes / 1024 ** 2)} MiB`, why };
    return { ...base, found: "not built", why, ...(needed && { fix: `vitrine image build ${template}` }) };
  });

/** The saved machines that computers are restored from; each is read whole, some seconds. */
export const templates = async (
  { cacheDir, templatesMb }: Pick<Config, "cacheDir" | "templatesMb">,
  signal: AbortSignal,
): Promise<Check> => {
  const found = await listTemplates(cacheDir);
  const whole = await Promise.all(found.map(({ dir, manifest }) => verify(dir, manifest, { thorough: true, signal })));
  const broken = found.filter((_, i) => whole[i] === null).map(({ dir }) => dir);
  const mib = Math.round(found.reduce((sum, { manifest }) => sum + manifest.size, 0) / 1024 ** 2);
  const base = { name: "templates", needed: false, why: "Computers are restored from them, which is much faster than to boot." };
  if (broken.length > 0)
    return { ...base, ok: false, found: `damaged: ${broken.join(", ")}`, fix: "Delete it; it is built anew when it is needed." };
  if (found.length === 0) return { ...base, ok: false, found: "none built", fix: "vitrine image build" };
  return { ...base, ok: true, found: `${found.length}, ${mib} of at most ${templatesMb} MiB` };
};
