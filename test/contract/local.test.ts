import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LocalVitrine } from "../../src/client/index.ts";
import { startLocal } from "../../src/local.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { fakeHost } from "../support/service.ts";

test("the engine in this process serves on a port of its own, and ends with its block", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "vitrine-local-"));
  let url: string;
  {
    await using vitrine = new LocalVitrine(await startLocal({ dataDir, host: fakeHost(fakeFleet()) }));
    url = vitrine.url;
    expect(new URL(url)).toMatchObject({ hostname: "127.0.0.1" });
    expect((await vitrine.computers.list()).data).toEqual([]);
  }
  await expect(fetch(url)).rejects.toThrow();
  await rm(dataDir, { recursive: true });
});
