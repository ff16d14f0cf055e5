import { spawn } from "node:child_process";
import { once } from "node:events";

const PROGRAM = new URL("on-a-terminal.py", import.meta.url).pathname;
const CLI = new URL("../../bin/vitrine.mjs", import.meta.url).pathname;

/** The `vitrine` command on a terminal of this host. `shows` waits for a text on it; `ended` has its exit code and, as the screen's last word, whether the terminal was restored. */
export const vitrineOnTerminal = (service: { url: string; apiKey: string }, ...args: string[]) => {
  const env = { ...process.env, VITRINE_URL: service.url, VITRINE_API_KEY: service.apiKey };
  const child = spawn("python3", [PROGRAM, process.execPath, CLI, ...args], { env, stdio: ["pipe", "pipe", "inherit"] });
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
    kill: () => child.kill("SIGKILL"),
  };
};
