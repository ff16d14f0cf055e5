import { spawn } from "node:child_process";
import type { ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { isRoot, type User } from "./users.ts";

/** A tool of the guest (tar, rm, mv) at work for a user, in a process group of its own. */
export interface Tool {
  stdin: NodeJS.WritableStream;
  stdout: Readable;
  /** Its exit code (null after a signal) and the end of what it wrote to stderr. Never rejects. */
  done: Promise<{ code: number | null; words: string }>;
  kill(): void;
}

export const runTool = (user: User, file: string, args: string[]): Tool => {
  const child = spawn(file, args, {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", HOME: user.home, LANG: "C.UTF-8", LC_ALL: "C.UTF-8" },
    detached: true,
    ...(isRoot && { uid: user.uid, gid: user.gid }),
  });
  let words = "";
  child.stderr.on("data", (chunk: Buffer) => {
    words = (words + chunk.toString("utf8")).slice(-2048);
  });
  child.stdin.on("error", () => {});
  const done = Promise.withResolvers<{ code: number | null; words: string }>();
  child.once("error", (error) => done.resolve({ code: null, words: error.message }));
  child.once("close", (code) => done.resolve({ code, words: words.trim() }));
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    done: done.promise,
    kill: () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // Gone already.
      }
    },
  };
};

/** The same for a call: it does not outlive its stream. */
export const toolFor = (stream: ServerHttp2Stream, user: User, file: string, args: string[]): Tool => {
  const tool = runTool(user, file, args);
  stream.once("close", tool.kill);
  if (stream.destroyed) tool.kill();
  return tool;
};

/** Gives a tool the call's body, and waits for its end. The tool may end before the body does; the rest is let pass by. */
export const feed = async (stream: ServerHttp2Stream, { stdin, stdout, done }: Tool): Promise<Awaited<Tool["done"]>> => {
  stdout.resume();
  stream.pipe(stdin);
  stdin.once("close", () => stream.resume());
  const ended = await done;
  if (stream.closed) throw new Error("the host broke off");
  return ended;
};

const ERRNO_TEXT: [RegExp, string][] = [
  [/no space left|quota exceeded|wrote only \d+ of/i, "ENOSPC"],
  [/permission denied|operation not permitted/i, "EACCES"],
  [/read-only file system/i, "EROFS"],
  [/directory not empty|file exists/i, "EEXIST"],
  [/no such file/i, "ENOENT"],
];

/** The errno that a tool's words speak of, or null. */
export const errnoIn = (words: string): string | null => ERRNO_TEXT.find(([pattern]) => pattern.test(words))?.[1] ?? null;

/** Runs a tool without input to its end; fails with an errno error where its words name one. */
export const finishTool = async (tool: Tool, signal: AbortSignal): Promise<void> => {
  signal.addEventListener("abort", tool.kill, { once: true });
  tool.stdin.end();
  tool.stdout.resume();
  const { code, words } = await tool.done;
  signal.removeEventListener("abort", tool.kill);
  if (code !== 0) throw Object.assign(new Error(words || "the tool was killed"), { code: errnoIn(words) });
};
