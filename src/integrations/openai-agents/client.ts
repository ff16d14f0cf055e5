import {
  type Manifest,
  normalizeSandboxClientCreateArgs,
  type SandboxClient,
  type SandboxClientCreateArgs,
  type SandboxClientResumeOptions,
  SandboxUnsupportedFeatureError,
} from "@openai/agents/sandbox";
import type { Vitrine } from "../../client/index.ts";
import { called } from "./errors.ts";
import { computerInput, type VitrineSandboxOptions } from "./options.ts";
import { VitrineSandboxSession } from "./session.ts";
import { deserializeState, serializeState, type VitrineSandboxState } from "./state.ts";

/** Sandboxes of the OpenAI Agents SDK that are computers of a Vitrine service. */
export class VitrineSandboxClient implements SandboxClient<VitrineSandboxOptions, VitrineSandboxState> {
  readonly backendId = "vitrine";
  readonly #vitrine: Pick<Vitrine, "computers">;
  readonly #defaults: VitrineSandboxOptions;

  /** `vitrine` is the service; the rest is what sessions have unless a run says otherwise. */
  constructor({ vitrine, ...defaults }: { vitrine: Pick<Vitrine, "computers"> } & VitrineSandboxOptions) {
    this.#vitrine = vitrine;
    this.#defaults = defaults;
  }

  /** A session in a new computer, or in the one that `computer_id` names. When it fails, the computer it made is deleted again. */
  async create(args?: SandboxClientCreateArgs<VitrineSandboxOptions> | Manifest, manifestOptions?: VitrineSandboxOptions) {
    const { manifest, options: given, snapshot, archiveLimits } = normalizeSandboxClientCreateArgs(args, manifestOptions);
    if (snapshot && snapshot.type !== "noop")
      throw new SandboxUnsupportedFeatureError(
        "A Vitrine session is saved with its computer; leave snapshot out, or use persistWorkspace().",
      );
    const options = { ...this.#defaults, ...given };
    const { computers } = this.#vitrine;
    const { computer_id, delete_on_close = computer_id === undefined, exposed_ports = [], user = "ohm" } = options;
    const computer = await called(computer_id === undefined ? computers.create(computerInput(options)) : computers.get(computer_id));
    const session = new VitrineSandboxSession(
      computer,
      {
        manifest,
        computer_id: computer.id,
        delete_on_close,
        user,
        exposed_ports,
        environment: await manifest.resolveEnvironment(),
        workspaceReady: true,
      },
      archiveLimits,
    );
    try {
      await session.start();
      await session.applyManifest(manifest);
      return session;
    } catch (error) {
      if (computer_id === undefined) await computer.delete().catch(() => {});
      throw error;
    }
  }

  /** The same computer again, started where it was stopped. Errors: lifecycle_error when it was deleted. */
  async resume(state: VitrineSandboxState, { archiveLimits }: SandboxClientResumeOptions<VitrineSandboxOptions> = {}) {
    const session = new VitrineSandboxSession(await called(this.#vitrine.computers.get(state.computer_id)), state, archiveLimits);
    await session.start();
    return session;
  }

  /** Deletes the session's computer, whosoever it is. */
  async delete(state: VitrineSandboxState): Promise<void> {
    await called(this.#vitrine.computers.delete(state.computer_id));
  }

  async serializeSessionState(state: VitrineSandboxState): Promise<Record<string, unknown>> {
    return serializeState(state);
  }

  async deserializeSessionState(saved: Record<string, unknown>): Promise<VitrineSandboxState> {
    return deserializeState(saved);
  }

  /** A session whose computer goes with it leaves nothing to come back to. */
  canPersistOwnedSessionState(state: VitrineSandboxState): boolean {
    return !state.delete_on_close;
  }
}
