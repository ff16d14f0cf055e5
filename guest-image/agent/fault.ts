import type { GuestError } from "../../src/contract/guest/protocol.ts";

/** An error that the host is told: a code of the API's registry and its details. */
export class Fault extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(code: string, details: Record<string, unknown> = {}) {
    super(`${code} ${JSON.stringify(details)}`);
    this.code = code;
    this.details = details;
  }

  toJSON(): GuestError {
    return { code: this.code, details: this.details };
  }
}

export const invalid = (reason: string): Fault => new Fault("invalid_request", { reason });

const BY_ERRNO: Record<string, string> = {
  ENOENT: "file_not_found",
  ENOTDIR: "not_a_directory",
  EISDIR: "not_a_file",
  ENXIO: "not_a_file",
  EEXIST: "file_exists",
  ENOTEMPTY: "file_exists",
  ENOSPC: "disk_full",
  EDQUOT: "disk_full",
  EFBIG: "disk_full",
  EACCES: "permission_denied",
  EPERM: "permission_denied",
  EROFS: "permission_denied",
  EBUSY: "permission_denied",
  ETXTBSY: "permission_denied",
};

/** What a failed system call on `path` means to the host; other errors come back as they are. */
export const pathFault = (error: unknown, path: string): unknown => {
  if (!(error instanceof Error) || error instanceof Fault) return error;
  const errno = (error as NodeJS.ErrnoException).code ?? "";
  const code = BY_ERRNO[errno];
  if (code) return new Fault(code, { path });
  if (errno === "ENAMETOOLONG" || errno === "ELOOP" || errno === "EINVAL")
    return new Fault("invalid_path", { reason: `${path}: ${errno}` });
  return error;
};
