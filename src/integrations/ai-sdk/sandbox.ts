import { posix } from "node:path";
import { Readable } from "node:stream";
import type { Experimental_SandboxSession as SandboxSession } from "ai";
import { type Computer, type FileStat, VitrineError } from "../../client/index.ts";
import { GUEST_USER } from "../../contract/guest/protocol.ts";
import type { CommandOptions } from "../shared/functions.ts";
import { exitCodeOf, remarkOn } from "../shared/report.ts";
import { spawn } from "./process.ts";

/** Of a command that nobody aborts. */
const TIMEOUT_S = 600;

/** Null where there is no such file. */
const ifThere = async <T>(call: Promise<T>): Promise<T | null> => {
  try {
    return await call;
  } catch (error) {
    if (error instanceof VitrineError && error.code === "file_not_found") return null;
    throw error;
  }
};

/** Lines `from` to `to`, counted from 1 and both included. */
const lines = (text: string, from = 1, to = Number.POSITIVE_INFINITY): string => {
  if (from === 1 && to === Number.POSITIVE_INFINITY) return text;
  const [ending = "\n"] = /\r\n|\n|\r/.exec(text) ?? [];
  return text
    .split(ending)
    .slice(Math.max(1, from) - 1, to)
    .join(ending);
};

const encoded = (text: string, encoding: string): Uint8Array => {
  if (!Buffer.isEncoding(encoding)) throw new TypeError(`"${encoding}" is no encoding to write in; give one that Node's Buffer knows.`);
  return Buffer.from(text, encoding);
};

/** The computer as `experimental_sandbox` of the AI SDK. `cwd`, /home/ohm unless it is given, is what relative paths are relative to; files are ohm's. */
export const sandboxSession = (
  computer: Computer,
  { cwd = GUEST_USER.home, env = {}, user = GUEST_USER.name, timeout_s = TIMEOUT_S }: CommandOptions = {},
): SandboxSession => {
  const { files } = computer;
  const at = (path: string) => posix.resolve(cwd, path);
  const started = (options: { workingDirectory?: string; env?: Record<string, string> }) => ({
    cwd: at(options.workingDirectory ?? "."),
    env: { ...env, ...options.env },
    user,
  });

  /** Links followed. */
  const stat = async (path: string, signal: AbortSignal | undefined): Promise<FileStat | null> => {
    const found = await ifThere(files.stat(path, { signal }));
    if (found?.type !== "symlink") return found;
    const { exit_code, stdout } = await computer.exec(["realpath", "-ez", "--", path], { user, signal });
    return exit_code === 0 ? ifThere(files.stat(stdout.slice(0, -1), { signal })) : null;
  };
  const read = ({ path, abortSignal: signal }: { path: string; abortSignal?: AbortSignal }) => ifThere(files.read(at(path), { signal }));
  const write = ({ path, abortSignal: signal }: { path: string; abortSignal?: AbortSignal }, content: Parameters<typeof files.write>[1]) =>
    files.write(at(path), content, { signal });

  return {
    description: `A Linux computer in a virtual machine of its own. Commands run with bash as the user ${user}; relative paths begin at ${cwd}.`,
    run: async ({ command, abortSignal, ...options }) => {
      const result = await computer.exec(command, { ...started(options), timeout_s, signal: abortSignal });
      const remark = remarkOn(result, timeout_s);
      return { exitCode: exitCodeOf(result), stdout: result.stdout, stderr: remark ? `${result.stderr}\n${remark}` : result.stderr };
    },
    spawn: (({ command, abortSignal, stdin, ...options }) =>
      spawn(computer, { ...started(options), command }, { stdin, signal: abortSignal })) as SandboxSession["spawn"],
    readFile: async ({ path, abortSignal: signal }) => {
      const stream = await ifThere(files.readStream(at(path), { signal }));
      return stream && (Readable.toWeb(stream) as ReadableStream<Uint8Array>);
    },
    readBinaryFile: read,
    readTextFile: async ({ encoding = "utf-8", startLine, endLine, ...options }) => {
      const bytes = await read(options);
      return bytes && lines(new TextDecoder(encoding).decode(bytes), startLine, endLine);
    },
    writeFile: ({ content, ...options }) => write(options, content),
    writeBinaryFile: ({ content, ...options }) => write(options, content),
    writeTextFile: async ({ content, encoding = "utf-8", ...options }) => write(options, encoded(content, encoding)),
    stat: async ({ path, abortSignal }) => {
      const found = await stat(at(path), abortSignal);
      // A link whose target is gone is not there; what stat() gives is never a link.
      return found && { type: found.type as Exclude<typeof found.type, "symlink">, size: found.size_bytes };
    },
    listDirectory: async ({ path, abortSignal: signal }) =>
      (await ifThere(files.list(at(path), { signal })))?.map(({ name, type }) => ({ name, type })) ?? null,
    deleteFile: async ({ path, abortSignal: signal }) => {
      const found = await ifThere(files.stat(at(path), { signal }));
      if (found?.type === "directory") throw new VitrineError("not_a_file", { path: at(path) });
      return found !== null && (await ifThere(files.delete(at(path), { signal }))) !== null;
    },
  };
};
