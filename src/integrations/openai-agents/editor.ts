import { applyDiff, type Editor } from "@openai/agents";
import {
  SandboxApplyPatchDecodeError,
  SandboxApplyPatchDiffError,
  SandboxApplyPatchFileNotFoundError,
  SandboxApplyPatchPathError,
  SandboxInvalidManifestPathError,
} from "@openai/agents/sandbox";
import { isSandboxPathNotFoundError } from "@openai/agents-core/sandbox/internal";
import type { SessionFiles } from "./files.ts";

/** The largest file that is patched. */
const MAX_BYTES = 10 * 1024 * 1024;

const patched = (path: string, text: string, diff: string, mode?: "create"): string => {
  try {
    return applyDiff(text, diff, mode);
  } catch (error) {
    throw new SandboxApplyPatchDiffError(`The diff does not apply to ${path}: ${(error as Error).message}`, { path });
  }
};

const decoded = (path: string, bytes: Uint8Array): string => {
  if (bytes.byteLength > MAX_BYTES)
    throw new SandboxApplyPatchDecodeError(`${path} is over ${MAX_BYTES} bytes, too large to patch.`, { path });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SandboxApplyPatchDecodeError(`${path} is not UTF-8 text.`, { path });
  }
};

/** Says of files and paths what apply_patch says of them. */
const editing = async (path: string, work: () => Promise<void>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof SandboxInvalidManifestPathError) throw new SandboxApplyPatchPathError(error.message, { path });
    if (isSandboxPathNotFoundError(error)) throw new SandboxApplyPatchFileNotFoundError(`File to patch not found: ${path}`, { path });
    throw error;
  }
};

/** Applies V4A diffs to a session's files, each written whole or not at all. Errors: apply_patch_*. */
export const editorOf = (files: SessionFiles): Editor => ({
  createFile: ({ path, diff }) => editing(path, () => files.write(path, patched(path, "", diff, "create"))),
  updateFile: ({ path, diff, moveTo }) =>
    editing(path, async () => {
      const text = patched(path, decoded(path, await files.read(path, MAX_BYTES + 1)), diff);
      await files.write(moveTo ?? path, text);
      if (moveTo !== undefined && moveTo !== path) await files.delete(path);
    }),
  deleteFile: ({ path }) => editing(path, () => files.delete(path)),
});
