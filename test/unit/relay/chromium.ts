import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A headless Chromium on the host that plays the guest's. */
export interface TestChromium {
  port: number;
  wsPath: string;
  kill: () => Promise<void>;
}

/** Starts Debian's Chromium on a free port with a profile of its own. `kill` ends the whole group and removes the profile. */
export const startChromium = async (): Promise<TestChromium> => {
  const profile = await mkdtemp(join(tmpdir(), "vitrine-chromium-"));
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
  ];
  const child = spawn("/usr/bin/chromium", [...flags, "about:blank"], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGKILL");
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  const listening = new Promise<RegExpExecArray>((resolve, reject) => {
    exited.then(() => reject(new Error("Chromium ended before it listened")));
    createInterface(child.stderr).on("line", (line) => {
      const match = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)(\/\S+)/.exec(line);
      if (match) resolve(match);
    });
  });
  try {
    const [, port, wsPath] = await listening;
    return { port: Number(port), wsPath: wsPath!, kill };
  } catch (error) {
    await kill();
    throw error;
  }
};
