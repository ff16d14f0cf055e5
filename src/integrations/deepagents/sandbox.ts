import { BaseSandbox, type ExecuteResponse, type FileDownloadResponse, type FileOperationError, type FileUploadResponse } from "deepagents";
import { type Computer, type ErrorCode, VitrineError } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import type { CommandOptions } from "../shared/functions.ts";
import { exitCodeOf, remarkOn } from "../shared/report.ts";

const TIMEOUT_S = 600;

/** What a file's failure is called. Any other is not the file's, and is thrown. */
const CODES: Partial<Record<ErrorCode, FileOperationError>> = {
  file_not_found: "file_not_found",
  permission_denied: "permission_denied",
  not_a_file: "is_directory",
  not_a_directory: "invalid_path",
  invalid_request: "invalid_path",
};

const codeOf = (error: unknown): FileOperationError => {
  const code = error instanceof VitrineError ? CODES[error.code] : undefined;
  if (!code) throw error;
  return code;
};

/** A computer as a deep agent's backend; it stays the caller's to delete. Commands have `timeout_s` (600) and run in `cwd` (/home/ohm); files are ohm's. */
export class VitrineSandbox extends BaseSandbox {
  readonly id: string;
  readonly computer: Computer;
  readonly #options: CommandOptions & { timeout_s: number };

  constructor(computer: Computer, { timeout_s = TIMEOUT_S, cwd = GUEST_USER.home, ...options }: CommandOptions = {}) {
    super();
    this.id = computer.id;
    this.computer = computer;
    this.#options = { ...options, cwd, timeout_s };
  }

  /** stdout, then stderr. */
  async execute(command: string): Promise<ExecuteResponse> {
    const result = await this.computer.exec(command, this.#options);
    const { stdout, stderr, timed_out, truncated } = result;
    // That it was truncated has a place of its own.
    const remark = remarkOn({ timed_out, truncated: false }, this.#options.timeout_s);
    return { output: [stdout, stderr, remark].filter(Boolean).join("\n"), exitCode: exitCodeOf(result), truncated };
  }

  async uploadFiles(files: [path: string, content: Uint8Array][]): Promise<FileUploadResponse[]> {
    const answers: FileUploadResponse[] = [];
    for (const [path, content] of files) {
      const error = await this.computer.files.write(path, content).then(() => null, codeOf);
      answers.push({ path, error });
    }
    return answers;
  }

  async downloadFiles(paths: string[]): Promise<FileDownloadResponse[]> {
    const answers: FileDownloadResponse[] = [];
    for (const path of paths) {
      const read = this.computer.files.read(path);
      answers.push(
        await read.then(
          (content) => ({ path, content, error: null }),
          (error) => ({ path, content: null, error: codeOf(error) }),
        ),
      );
    }
    return answers;
  }
}
