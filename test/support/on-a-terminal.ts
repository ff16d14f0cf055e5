import { spawn } from "node:child_process";
import { once } from "node:events";

const PROGRAM = new URL("on-a-terminal.py", import.meta.url).pathname;
export const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;

/** A command on a terminal of this host. `shows` waits for a text on it; `ended` has its exit code and, as the screen's last word, whether the terminal was restored. */
export const onTerminal = (command: readonly string[], more: NodeJS.ProcessEnv) => {
  const child = spawn("python3", [PROGRAM, ...command], { env: { ...process.env, ...more }, stdio: ["pipe", "pipe", "inherit"] });
  let screen = "";
  const changed = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    screen += chunk;
    for (const look of changed) look();
  });
  const shows = async (wanted: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => screen.includes(wanted) && resolve();
    changed.add(look);
    look();
    await promise;
    changed.delete(look);
  };
  return {
    type: (keys: string) => void child.stdin.write(keys),
    resize: (columns: number, rows: number) => void child.stdin.write(`\0SIZE:${columns}x${rows}\0`),
    shows,
    screen: () => screen,
    ended: once(child, "close").then(([code]) => ({ code, restored: screen.trimEnd().endsWith("restored") })),
    kill: () => void child.kill("SIGKILL"),
  };
};

/** The `vitrine` command, likewise. */
export const vitrineOnTerminal = (service: { url: string; apiKey: string }, ...args: string[]) =>
  onTerminal([process.execPath, CLI, ...args], { VITRINE_URL: service.url, VITRINE_API_KEY: service.apiKey });
