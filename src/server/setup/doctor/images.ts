import { stat } from "node:fs/promises";
import { ensureImage, findImage } from "../../../../guest-image/build/image.ts";
import { TEMPLATES, type TemplateName } from "../../../contract/computer.ts";
import { prepare } from "../../host.ts";
import type { GuestImage } from "../../machine/machine.ts";
import { verify } from "../../templates/manifest.ts";
import { discardTemplate, listTemplates } from "../../templates/store.ts";
import type { Config } from "../config.ts";
import type { Check, Mend } from "./check.ts";

/** What is done is told as progress. */
const silent = { info: () => {}, warn: () => {}, error: () => {} };

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

export const images = async ({ cacheDir }: Pick<Config, "cacheDir">): Promise<Check[]> =>
  (await listImages({ cacheDir })).map(({ template, image, size_bytes }) => {
    const needed = template === "browser";
    const base = { name: `image ${template}`, ok: image !== null || !needed, needed };
    const why = needed ? "Computers start from it." : "Built when it is first asked for.";
    if (image) return { ...base, found: `${image.id.slice(0, 12)}, ${Math.round(size_bytes / 1024 ** 2)} MiB`, why };
    const mend: Mend = (progress, signal) => ensureImage(template, { cacheDir, progress, signal });
    return { ...base, found: "not built", why, ...(needed && { fix: `vitrine image build ${template}`, mend }) };
  });

/** The saved machines that computers are restored from; each is read whole, some seconds. */
export const templates = async (config: Pick<Config, "cacheDir" | "templatesMb" | "uids">, signal: AbortSignal): Promise<Check> => {
  const { cacheDir, templatesMb } = config;
  const found = await listTemplates(cacheDir);
  const whole = await Promise.all(found.map(({ dir, manifest }) => verify(dir, manifest, { thorough: true, signal })));
  const broken = found.filter((_, i) => whole[i] === null).map(({ dir }) => dir);
  const mib = Math.round(found.reduce((sum, { manifest }) => sum + manifest.size, 0) / 1024 ** 2);
  const base = { name: "templates", needed: false, why: "Computers are restored from them, which is much faster than to boot." };
  const mend: Mend = async (progress, within) => {
    for (const dir of broken) await discardTemplate(dir);
    await prepare(config, { template: "browser", progress, signal: within, log: silent });
  };
  if (broken.length > 0)
    return { ...base, ok: false, found: `damaged: ${broken.join(", ")}`, fix: "Delete it; it is built anew when it is needed.", mend };
  if (found.length === 0) return { ...base, ok: false, found: "none built", fix: "vitrine image build", mend };
  return { ...base, ok: true, found: `${found.length}, ${mib} of at most ${templatesMb} MiB` };
};
