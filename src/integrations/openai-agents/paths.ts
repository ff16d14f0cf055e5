import { SandboxInvalidManifestPathError, WorkspacePathPolicy } from "@openai/agents/sandbox";
import type { Computer } from "../../client/index.ts";
import { called } from "./errors.ts";
import type { VitrineSandboxState } from "./state.ts";

const isUnder = (path: string, root: string): boolean => path === root || path.startsWith(root === "/" ? root : `${root}/`);

/** The paths of a session: none leads out of the workspace and what the manifest grants beside it, also not by way of a symbolic link. */
export class Paths {
  readonly #computer: Computer;
  readonly #state: VitrineSandboxState;

  constructor(computer: Computer, state: VitrineSandboxState) {
    this.#computer = computer;
    this.#state = state;
  }

  #policy(): WorkspacePathPolicy {
    const { root, extraPathGrants } = this.#state.manifest;
    return new WorkspacePathPolicy({ root, extraPathGrants });
  }

  /** As it is named, absolute. Errors: invalid_manifest_path. */
  named(path: string | undefined, forWrite = false): string {
    return this.#policy().resolve(path, { forWrite }).path;
  }

  /** Relative to the workspace where it lies in it. */
  shown(path: string): string {
    const resolved = this.#policy().resolve(path);
    return resolved.workspaceRelativePath ?? resolved.path;
  }

  /** Where it really lies, links followed, whether it exists or not. Errors: invalid_manifest_path. */
  async real(path: string, forWrite = false): Promise<string> {
    const named = this.named(path, forWrite);
    const { root, extraPathGrants } = this.#state.manifest;
    const grants = extraPathGrants.filter(({ readOnly }) => !(forWrite && readOnly)).map((grant) => grant.path);
    const { stdout, stderr, exit_code } = await called(
      this.#computer.exec(["realpath", "-mz", "--", named, root, ...grants], { user: this.#state.user }),
    );
    const [real = "", ...allowed] = stdout.split("\0").slice(0, -1);
    if (exit_code !== 0) throw new SandboxInvalidManifestPathError(`Sandbox path "${path}" cannot be resolved: ${stderr.trim()}`, { path });
    if (!allowed.some((root) => isUnder(real, root)))
      throw new SandboxInvalidManifestPathError(`Sandbox path "${path}" leads out of the workspace by a symbolic link.`, { path });
    return real;
  }

  /** Where the name itself lies: links before its last part are followed. */
  async realName(path: string, forWrite = false): Promise<string> {
    const named = this.named(path, forWrite);
    const cut = named.lastIndexOf("/");
    const parent = await this.real(named.slice(0, cut) || "/", forWrite);
    return `${parent === "/" ? "" : parent}/${named.slice(cut + 1)}`;
  }
}
