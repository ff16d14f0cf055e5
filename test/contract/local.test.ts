import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LocalVitrine } from "../../src/client/index.ts";
import { startLocal } from "../../src/local.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { fakeHost } from "../support/service.ts";

const CLIENT = new URL("../../src/client/index.ts", import.meta.url).href;
const run = promisify(execFile);

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "vt-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

const start = async (fleet = fakeFleet()) => new LocalVitrine(await startLocal({ dataDir, host: fakeHost(fleet), dashboard: null }));

test("the engine in this process serves on a port of its own, and suspends its computers at the end of its block", async () => {
  const fleet = fakeFleet();
  let url: string;
  {
    await using vitrine = await start(fleet);
    url = vitrine.url;
    expect(new URL(url).hostname).toBe("127.0.0.1");
    const computer = await vitrine.computers.create({ name: "einstein" });
    expect((await computer.exec(["echo", "hello"])).stdout).toBe("hello\n");
  }
  await expect(fetch(url)).rejects.toThrow();
  expect(fleet.agents()).toEqual([]);
  await using again = await start(fleet);
  const computer = await again.computers.get("einstein");
  expect(computer.status).toBe("restorable");
  expect((await (await computer.start()).exec(["echo", "again"])).stdout).toBe("again\n");
  await computer.delete();
});

test("Vitrine.local() starts the server's package; what hinders it is a VitrineError of the client's", async () => {
  await using _ = await start();
  const program = `
    import { Vitrine, VitrineError } from ${JSON.stringify(CLIENT)};
    const error = await Vitrine.local({ dataDir: process.argv[1] }).catch((error) => error);
    console.log(JSON.stringify({ ours: error instanceof VitrineError, ...error }));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program, dataDir]);
  expect(JSON.parse(stdout)).toMatchObject({ ours: true, code: "data_dir_in_use", details: { path: dataDir } });
});
