import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { printTable } from "./rows.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the fault tests leave their rows. */
    faultRows: string;
  }
}

/** The fault tests make their own services; all that they share is the table that is printed at the end. */
export default async function setup(project: TestProject): Promise<() => void> {
  const dir = mkdtempSync(join(tmpdir(), "vf-"));
  project.provide("faultRows", dir);
  return () => {
    printTable(dir);
    rmSync(dir, { recursive: true });
  };
}
