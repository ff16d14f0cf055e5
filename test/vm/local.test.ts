import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { commandLine, pids, processesIn } from "../support/machine-processes.ts";

const CLIENT = new URL("../../src/client/index.ts", import.meta.url).href;
/** A program of a user's, which has the engine in its own process. */
const PROGRAM = `
import { Vitrine } from ${JSON.stringify(CLIENT)};
const said = {};
{
  await using vitrine = await Vitrine.local({ dataDir: process.argv[1] });
  said.url = vitrine.url;
  {
    await using computer = await vitrine.computers.create({ ram_mb: 1536 });
    said.id = computer.id;
    said.kernel = (await computer.exec("uname -s; whoami")).stdout;
    await computer.files.write("/home/ohm/a.txt", "hi");
    said.file = String(await computer.files.read("/home/ohm/a.txt"));
    const browser = await computer.connectPlaywright({ timeout: 120_000 });
    const [page] = browser.contexts()[0].pages();
    page.setDefaultTimeout(120_000);
    await page.goto("data:text/html,<title>from the engine here</title>");
    said.title = await page.title();
    await browser.close();
  }
  said.left = (await vitrine.computers.list()).data.length;
}
console.log(JSON.stringify(said));
`;

test("Vitrine.local() runs a computer in the program's own process, and leaves nothing of it", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "vt-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  // Neither a service nor a key of this host's.
  const { VITRINE_URL: _url, VITRINE_API_KEY: _key, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", PROGRAM, dataDir], { env });
  const { url, id, ...said } = JSON.parse(stdout);
  expect(said).toEqual({ kernel: "Linux\nohm\n", file: "hi", title: "from the engine here", left: 0 });
  await expect(fetch(url)).rejects.toThrow();
  expect(readdirSync(join(dataDir, "computers"))).toEqual([]);
  expect(processesIn(dataDir)).toEqual([]);
  expect(pids().filter((pid) => commandLine(pid).some((part) => part.includes(dataDir) || part.includes(id)))).toEqual([]);
});
