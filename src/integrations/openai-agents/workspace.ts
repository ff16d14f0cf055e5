import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import {
  resolveSandboxArchiveLimits,
  SandboxArchiveError,
  type SandboxArchiveLimits,
  SandboxWorkspaceArchiveReadError,
  type WorkspaceArchiveData,
} from "@openai/agents/sandbox";
import type { Computer } from "../../client/index.ts";
import { called } from "./errors.ts";

const PACK_TIMEOUT_S = 600;
/** Folder and what to leave out of it. 1 is a file that changed while it was read. */
const PACK = `
archive=$(mktemp /var/tmp/workspace.XXXXXX) || exit 2
cd "$1" && shift && tar --ignore-failed-read -cf "$archive" "\${@/#/--exclude=./}" . ; code=$?
echo "$archive"
[ $code -le 1 ]
`;

/** The folder as tar, without the paths in `without`, which are relative to it. Errors: workspace_archive_read_error. */
export const packFolder = async (computer: Computer, root: string, user: string, without: Iterable<string>): Promise<Uint8Array> => {
  const argv = ["/bin/bash", "-c", PACK, "pack", root, ...without];
  const { exit_code, stdout, stderr } = await called(computer.exec(argv, { timeout_s: PACK_TIMEOUT_S, user }));
  const archive = stdout.trim();
  try {
    if (exit_code !== 0) throw new SandboxWorkspaceArchiveReadError(`The workspace cannot be packed: ${stderr.trim()}`, { root });
    return await called(computer.files.read(archive, { timeoutMs: 0 }));
  } finally {
    if (archive !== "") await computer.files.delete(archive).catch(() => {});
  }
};

const BLOCK = 512;
/** How many members a tar has; headers of long names count, too. */
const members = (tar: Uint8Array): number => {
  let count = 0;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; count++) {
    const size = Number.parseInt(Buffer.from(tar.subarray(at + 124, at + 136)).toString("latin1"), 8);
    if (!Number.isSafeInteger(size)) throw new SandboxArchiveError("The workspace archive is not a tar.");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return count;
};

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;
const bytesOf = (data: WorkspaceArchiveData): Uint8Array =>
  typeof data === "string" ? Buffer.from(data, "base64") : data instanceof ArrayBuffer ? new Uint8Array(data) : data;

/** Unpacks a tar, or a tar.gz, into the folder; a text is base64. Errors: archive_error, also for what is over the limits. */
export const unpackFolder = async (
  computer: Computer,
  root: string,
  data: WorkspaceArchiveData,
  limits: SandboxArchiveLimits | null | undefined,
): Promise<void> => {
  const { maxInputBytes, maxExtractedBytes, maxMembers } = resolveSandboxArchiveLimits(limits) ?? {};
  const refuse = (what: string, limit: number | null | undefined, is: number): void => {
    if (limit != null && is > limit)
      throw new SandboxArchiveError(`The workspace archive has ${is} ${what}, more than ${limit}.`, { limit });
  };
  const input = bytesOf(data);
  refuse("bytes", maxInputBytes, input.byteLength);
  const maxOutputLength = maxExtractedBytes ?? undefined;
  const tar = isGzip(input)
    ? await promisify(gunzip)(input, { ...(maxOutputLength && { maxOutputLength }) }).catch((error: Error) => {
        throw new SandboxArchiveError(`The workspace archive cannot be unpacked: ${error.message}`);
      })
    : input;
  refuse("bytes unpacked", maxExtractedBytes, tar.byteLength);
  refuse("members", maxMembers, members(tar));
  await called(computer.files.uploadArchive(root, isGzip(input) ? input : await promisify(gzip)(tar, { level: 1 })));
};
