import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { startService } from "./service.ts";

/** A service on a fake machine with one computer, for the whole of a test file. */
export const oneComputer = async (name: string) => {
  const dir = mkdtempSync(join(tmpdir(), "vt-"));
  const service = await startService(dir);
  const computer = await new Vitrine(service).computers.create({ name });
  afterAll(async () => {
    await computer.delete();
    await service.close();
    rmSync(dir, { recursive: true });
  });
  return { service, computer };
};
