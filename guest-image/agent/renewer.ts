import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The system calls of a renewal, which a helper makes (rootfs: bin/renew). */
export interface Renewer {
  /** Starts the helper, so that it is there when it is needed. */
  prepare(): Promise<void>;
  /**
   * `clock` is asked for the time, in milliseconds since the epoch, when the helper is ready; `workspaceBytes` is what the workspace's disk has grown to, or 0. `meanwhile` is done while the helper works, on
   * another processor. Rejects with the helper's words when a call fails.
   */
  apply(hostname: string, clock: () => number, entropy: Buffer, workspaceBytes: number, meanwhile: () => void): Promise<void>;
}

interface Helper {
  child: ChildProcess;
  /** Its lines, one at a time. */
  next(): Promise<string>;
}

/** A helper that says nothing by then is of no use. Milliseconds. */
const ANSWER_MS = 20_000;

const start = async (program: string): Promise<Helper> => {
  const child = spawn(program, [], { stdio: ["pipe", "pipe", "ignore"], cwd: "/" });
  child.stdin!.on("error", () => {});
  const lines = createInterface({ input: child.stdout! });
  const next = async (): Promise<string> => {
    const timer = AbortSignal.timeout(ANSWER_MS);
    try {
      const [line] = await Promise.race([once(lines, "line", { signal: timer }), once(lines, "close", { signal: timer })]);
      return String(line ?? "it ended");
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  };
  await once(child, "spawn");
  const first = await next();
  if (first !== "ready") throw new Error(`the helper is not ready: ${first}`);
  return { child, next };
};

export const openRenewer = (program: string): Renewer => {
  let ready: Promise<Helper> | null = null;
  const prepare = (): Promise<Helper> => {
    ready ??= start(program).catch((error) => {
      ready = null;
      throw error;
    });
    return ready;
  };
  return {
    prepare: async () => void (await prepare()),
    apply: async (hostname, clock, entropy, workspaceBytes, meanwhile) => {
      const { child, next } = await prepare();
      // It is good for one renewal.
      ready = null;
      const clockMs = clock();
      const seconds = Math.floor(clockMs / 1000);
      const nanoseconds = Math.round((clockMs - seconds * 1000) * 1e6);
      const answer = next();
      // It may fail before it is waited for.
      answer.catch(() => {});
      child.stdin!.end(`${hostname} ${seconds} ${nanoseconds} ${entropy.toString("hex")} ${workspaceBytes}\n`);
      meanwhile();
      const line = await answer;
      if (line !== "ok") throw new Error(line);
    },
  };
};
