import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { AptSources } from "../../../guest-image/build/apt-sources.ts";
import { packagesOf, recipeId } from "../../../guest-image/build/recipe.ts";

const dir = mkdtempSync(join(tmpdir(), "vitrine-recipe-"));
afterAll(() => rmSync(dir, { recursive: true }));
const entry = join(dir, "agent.ts");
writeFileSync(entry, "one");

const sources: AptSources = { suite: "bookworm", text: "Types: deb\n", keyrings: [] };

test("the same inputs name the same image, and each input counts", () => {
  const first = recipeId("scratch", sources, entry);
  expect(recipeId("scratch", sources, entry)).toEqual(first);
  expect(first.id).toMatch(/^[0-9a-f]{64}$/);

  const otherSources = recipeId("scratch", { ...sources, text: "Types: deb\n\n" }, entry);
  expect(otherSources.id).not.toBe(first.id);
  expect(otherSources.baseId).not.toBe(first.baseId);
  expect(recipeId("browser", sources, entry).id).not.toBe(first.id);

  // The agent is ours: another agent makes another image on the same packages.
  writeFileSync(entry, "two");
  const otherAgent = recipeId("scratch", sources, entry);
  expect(otherAgent.id).not.toBe(first.id);
  expect(otherAgent.baseId).toBe(first.baseId);
});

test("lists what is in the image: scripts of its layers, the agent, the contract, the packages; no text for people", () => {
  const names = Object.keys(recipeId("scratch", sources).inputs);
  expect(names).toEqual(
    expect.arrayContaining([
      "apt-sources",
      "packages",
      "node",
      "template",
      "guest-image/agent/main.ts",
      "guest-image/initramfs/init",
      "guest-image/rootfs/scratch/etc/runit/1",
      "src/contract/guest/protocol.ts",
    ]),
  );
  expect(names.filter((name) => name.includes("rootfs/browser") || name.endsWith(".md"))).toEqual([]);
  expect(Object.keys(recipeId("browser", sources).inputs)).toContain("guest-image/rootfs/browser/opt/vitrine/services/chromium/run");
});

test("each template has the packages of those below it, and names none twice", () => {
  const coding = packagesOf("coding-agent");
  expect(coding).toEqual(expect.arrayContaining(packagesOf("browser")));
  expect(packagesOf("browser")).toEqual(expect.arrayContaining(["chromium", ...packagesOf("scratch")]));
  expect(packagesOf("scratch")).not.toContain("chromium");
  expect(new Set(coding).size).toBe(coding.length);
});
