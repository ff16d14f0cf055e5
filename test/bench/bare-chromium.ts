import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

/** The baseline: the same package's Chromium straight on the host, started and connected to. Milliseconds. */
export const launchBareChromium = async (): Promise<number> => {
  const profile = mkdtempSync(join(tmpdir(), "vt-bench-"));
  const began = performance.now();
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
  ];
  const child = spawn("chromium", [...flags, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = once(child, "exit");
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stderr.on("data", (chunk) => {
        said += chunk;
        const match = /DevTools listening on (ws:\S+)/.exec(said);
        if (match) resolve(match[1] as string);
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`chromium ended with ${code}`)));
    });
    const browser = await chromium.connectOverCDP(url);
    const took = performance.now() - began;
    await browser.close();
    return took;
  } finally {
    child.kill("SIGKILL");
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
};
