import {
  SandboxArchiveError,
  SandboxConfigurationError,
  type SandboxError,
  SandboxExecTimeoutError,
  SandboxExecTransportError,
  SandboxExposedPortUnavailableError,
  SandboxLifecycleError,
  SandboxProviderError,
  SandboxWorkspaceArchiveReadError,
  SandboxWorkspaceArchiveWriteError,
  SandboxWorkspaceReadNotFoundError,
} from "@openai/agents/sandbox";
import { ConnectionError, type ErrorCode, VitrineError } from "../../client/index.ts";

type ErrorClass = new (message: string, details?: Record<string, unknown>) => SandboxError;

/** What the SDK calls what went wrong. What is not here is the provider's own matter: provider_error. */
const CLASSES: Partial<Record<ErrorCode, ErrorClass>> = {
  invalid_request: SandboxConfigurationError,
  unsupported_option: SandboxConfigurationError,
  file_not_found: SandboxWorkspaceReadNotFoundError,
  not_a_file: SandboxWorkspaceArchiveReadError,
  not_a_directory: SandboxWorkspaceArchiveReadError,
  permission_denied: SandboxWorkspaceArchiveReadError,
  file_exists: SandboxWorkspaceArchiveWriteError,
  disk_full: SandboxWorkspaceArchiveWriteError,
  archive_invalid: SandboxArchiveError,
  port_not_publishable: SandboxExposedPortUnavailableError,
  computer_not_found: SandboxLifecycleError,
  wrong_state: SandboxLifecycleError,
  machine_failed: SandboxLifecycleError,
  machine_exited: SandboxLifecycleError,
  timeout: SandboxExecTimeoutError,
  guest_unreachable: SandboxExecTransportError,
  guest_unresponsive: SandboxExecTransportError,
  guest_link_lost: SandboxExecTransportError,
};

/** A failure of the service as an error of the SDK, with our code in its details; anything else as it is. */
export const sandboxError = (error: unknown): unknown => {
  if (error instanceof ConnectionError)
    return Object.assign(new SandboxExecTransportError(error.message, { url: error.url }), { cause: error });
  if (!(error instanceof VitrineError)) return error;
  const Class = CLASSES[error.code] ?? SandboxProviderError;
  return Object.assign(new Class(error.message, { ...error.details, vitrine_code: error.code }), { cause: error });
};

/** Waits for a call of the service; what it fails with is an error of the SDK. */
export const called = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    throw sandboxError(error);
  }
};
