import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";

export const vm = inject("vm");
export const vitrine = new Vitrine(vm);
/** The computer that all VM tests share; leave it running and clean. */
export const sharedComputer = (): Promise<Computer> => vitrine.computers.get(vm.computerId);

/** Keeps a picture for a person to look at. */
export const keepPicture = (name: string, png: Uint8Array): void => writeFileSync(join(tmpdir(), "vitrine-test-pictures", name), png);

export const CHROMIUM = "/usr/bin/chromium";
