import { SandboxConfigurationError, type SandboxSessionState } from "@openai/agents/sandbox";
import {
  deserializeManifest,
  deserializePersistedEnvironmentForRuntime,
  sanitizeEnvironmentForPersistence,
  serializeManifestRecord,
} from "@openai/agents-core/sandbox/internal";

/** What finds a session's computer again, from any process that may use the service. */
export type VitrineSandboxState = SandboxSessionState & {
  computer_id: string;
  delete_on_close: boolean;
  user: string;
  exposed_ports: number[];
  environment: Record<string, string>;
};

/** As JSON. Values that the manifest calls ephemeral are left out; no key of the service is ever in it. */
export const serializeState = (state: VitrineSandboxState): Record<string, unknown> => ({
  manifest: serializeManifestRecord(state.manifest),
  environment: sanitizeEnvironmentForPersistence(state),
  workspaceReady: state.workspaceReady ?? true,
  computer_id: state.computer_id,
  delete_on_close: state.delete_on_close,
  user: state.user,
  exposed_ports: state.exposed_ports,
});

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Throws SandboxConfigurationError for what serializeState() did not make. */
export const deserializeState = (saved: Record<string, unknown>): VitrineSandboxState => {
  const { manifest, environment, computer_id, delete_on_close, user, exposed_ports } = saved;
  const whole =
    isRecord(manifest) &&
    typeof computer_id === "string" &&
    typeof delete_on_close === "boolean" &&
    typeof user === "string" &&
    Array.isArray(exposed_ports);
  if (!whole)
    throw new SandboxConfigurationError("This is not the state of a Vitrine session; give what serializeSessionState() answered.");
  const live = deserializeManifest(manifest);
  return {
    manifest: live,
    environment: deserializePersistedEnvironmentForRuntime(live, (environment ?? {}) as Record<string, string>),
    workspaceReady: saved.workspaceReady !== false,
    computer_id,
    delete_on_close,
    user,
    exposed_ports: exposed_ports as number[],
  };
};
