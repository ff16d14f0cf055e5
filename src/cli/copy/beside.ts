import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Makes the new thing beside its place and moves it there whole; nothing is left when that fails. */
export const beside = async (path: string, make: (draft: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(dirname(path), ".vitrine-cp-"));
  try {
    const draft = join(folder, "draft");
    await make(draft);
    await rename(draft, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
