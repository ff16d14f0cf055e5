import { type SandboxDirectoryEntry, SandboxUnsupportedFeatureError, SandboxWorkspaceArchiveReadError } from "@openai/agents/sandbox";
import { assertViewImageByteLength, imageOutputFromBytes, isSandboxPathNotFoundError } from "@openai/agents-core/sandbox/internal";
import type { Computer, FileStat } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import { called } from "./errors.ts";
import type { Paths } from "./paths.ts";

const KINDS: Record<FileStat["type"], SandboxDirectoryEntry["type"]> = { file: "file", directory: "dir", symlink: "other", other: "other" };

/** Files are the guest's user's; another one has them by commands. */
export const refuseRunAs = (runAs: string | undefined): void => {
  const { name } = GUEST_USER;
  if (runAs !== undefined && runAs !== name)
    throw new SandboxUnsupportedFeatureError(
      `Files of a Vitrine computer are its user ${name}'s; use execCommand to reach them as ${runAs}.`,
      { runAs },
    );
};

/** The files of a session's workspace. Errors: workspace_read_not_found, workspace_archive_read_error, invalid_manifest_path. */
export class SessionFiles {
  readonly #computer: Computer;
  readonly #paths: Paths;

  constructor(computer: Computer, paths: Paths) {
    this.#computer = computer;
    this.#paths = paths;
  }

  /** What is there, links followed; null when nothing is. */
  async stat(path: string): Promise<FileStat | null> {
    const real = await this.#paths.real(path);
    try {
      return await called(this.#computer.files.stat(real));
    } catch (error) {
      if (isSandboxPathNotFoundError(error)) return null;
      throw error;
    }
  }

  async read(path: string, maxBytes?: number): Promise<Uint8Array> {
    const real = await this.#paths.real(path);
    if (maxBytes === undefined) return called(this.#computer.files.read(real));
    const { size_bytes } = await called(this.#computer.files.stat(real));
    if (maxBytes === 0 || size_bytes === 0) return new Uint8Array();
    return called(this.#computer.files.read(real, { start: 0, end: maxBytes - 1 }));
  }

  async image(path: string) {
    const stat = await this.stat(path);
    if (!stat) throw new SandboxWorkspaceArchiveReadError(`Image path not found: ${path}`, { path });
    if (stat.type !== "file") throw new SandboxWorkspaceArchiveReadError(`Image path is not a file: ${path}`, { path });
    assertViewImageByteLength(path, stat.size_bytes);
    return imageOutputFromBytes(path, await this.read(path));
  }

  async list(path: string): Promise<SandboxDirectoryEntry[]> {
    const shown = this.#paths.shown(path);
    const entries = await called(this.#computer.files.list(await this.#paths.real(path)));
    return entries.map(({ name, type }) => ({ name, path: shown ? `${shown}/${name}` : name, type: KINDS[type] }));
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await called(this.#computer.files.write(await this.#paths.real(path, true), content));
  }

  async mkdir(path: string): Promise<void> {
    await called(this.#computer.files.mkdir(await this.#paths.real(path, true)));
  }

  /** Deletes the name, not what a link leads to. */
  async delete(path: string): Promise<void> {
    await called(this.#computer.files.delete(await this.#paths.realName(path, true)));
  }
}
