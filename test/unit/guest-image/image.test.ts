import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureImage, findImage, listImages } from "../../../guest-image/build/image.ts";
import { packagesIn } from "../../../guest-image/build/manifest.ts";
import { debootstrapPercent } from "../../../guest-image/build/percent.ts";
import { VitrineError } from "../../../src/contract/errors.ts";

let cacheDir: string;
let aptSources: string;
let mirror: Server;
beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), "vitrine-image-"));
  aptSources = join(cacheDir, "debian.sources");
  mirror = createServer((_, response) => response.writeHead(404).end());
  await once(mirror.listen(0, "127.0.0.1"), "listening");
  const { port } = mirror.address() as AddressInfo;
  writeFileSync(aptSources, `Types: deb\nURIs: http://127.0.0.1:${port}/debian\nSuites: bookworm\nComponents: main\n`);
});
afterEach(() => {
  rmSync(cacheDir, { recursive: true });
  mirror.closeAllConnections();
  mirror.close();
});

test("an image counts only when it is complete", async () => {
  expect(await findImage("scratch", { cacheDir, aptSources })).toBeNull();
  expect(listImages(cacheDir)).toEqual([]);
  mkdirSync(join(cacheDir, "images", ".build-x"), { recursive: true });
  mkdirSync(join(cacheDir, "images", "half"));
  writeFileSync(join(cacheDir, "images", "half", "manifest.json"), "{");
  expect(listImages(cacheDir)).toEqual([]);
});

test("a build whose mirror has nothing says so in one sentence and leaves nothing behind", async () => {
  const failure = ensureImage("scratch", { cacheDir, aptSources, progress: () => {} });
  await expect(failure).rejects.toBeInstanceOf(VitrineError);
  await expect(failure).rejects.toMatchObject({ code: "setup_incomplete", message: expect.stringContaining("'scratch'") });
  expect(readdirSync(join(cacheDir, "images"))).toEqual([]);
  expect(readdirSync(join(cacheDir, "base"))).toEqual([]);
});

test("an aborted build ends with the signal's reason and leaves nothing behind", async () => {
  const abort = new AbortController();
  const build = ensureImage("scratch", { cacheDir, aptSources, progress: () => abort.abort(new Error("stopped")), signal: abort.signal });
  await expect(build).rejects.toThrow("stopped");
  expect(readdirSync(join(cacheDir, "images"))).toEqual([]);
  expect(readdirSync(join(cacheDir, "base"))).toEqual([]);
});

test("sources that are not there are an error before any work", async () => {
  await expect(findImage("scratch", { cacheDir, aptSources: "/nonexistent" })).rejects.toMatchObject({ code: "setup_incomplete" });
});

test("reads dpkg's status: installed packages alone", () => {
  const status = `Package: a
Status: install ok installed
Version: 1.0-1

Package: b
Status: deinstall ok config-files
Version: 2

Package: c
Status: install ok installed
Version: 1:3+b1
Description: text
 Package: not this
`;
  expect(packagesIn(status)).toEqual({ a: "1.0-1", c: "1:3+b1" });
});

test("progress never goes back, and ends with packing", () => {
  const percent = debootstrapPercent();
  const lines = [
    "I: running apt-get update...",
    "I: downloading packages with apt...",
    "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.",
    "Get:1 http://m.example/debian bookworm/main amd64 bash amd64 5 [1 kB]",
    "Get:2 http://m.example/debian bookworm/main amd64 dash amd64 5 [1 kB]",
    "Unpacking bash (5) ...",
    "I: installing remaining packages inside the chroot...",
    "0 upgraded, 3 newly installed, 0 to remove and 0 not upgraded.",
    "Need to get 0 B/335 MB of archives.",
    "Unpacking curl (7) ...",
    "Setting up curl (7) ...",
    "I: cleaning package lists and apt cache...",
    "I: creating tarball...",
  ];
  const news = lines.flatMap((line) => percent(line) ?? []);
  const percents = news.map((n) => n.percent);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  expect(news.map((n) => n.message)).toContain("Fetching bash");
  expect(news.find((n) => n.message === "Setting up curl")?.percent).toBe(40);
  expect(news.at(-1)).toEqual({ message: "Packing", percent: 92 });
});
