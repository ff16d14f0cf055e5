import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { TemplateName } from "../../src/contract/computer.ts";
import type { AptSources } from "./apt-sources.ts";
import { NODE_PACKAGE } from "./node24.ts";

/** The guest-image folder. */
export const RECIPE_DIR = fileURLToPath(new URL("..", import.meta.url));
const CONTRACT_DIR = fileURLToPath(new URL("../../src/contract/guest", import.meta.url));
export const AGENT_ENTRY = join(RECIPE_DIR, "agent", "main.ts");

/** Each template has all that the ones before it have. */
const LAYERS: Record<TemplateName, readonly TemplateName[]> = {
  scratch: ["scratch"],
  browser: ["scratch", "browser"],
  "coding-agent": ["scratch", "browser", "coding-agent"],
};
export const layersOf = (template: TemplateName): readonly TemplateName[] => LAYERS[template];

const lines = (path: string): string[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

export const packagesOf = (template: TemplateName): string[] =>
  layersOf(template).flatMap((layer) => lines(join(RECIPE_DIR, "packages", `${layer}.list`)));
export const pathExcludes = (): string[] => lines(join(RECIPE_DIR, "packages", "excludes.list"));
/** Only the browser image has a size to keep; a place to compile in gets its packages whole. */
export const trimOf = (template: TemplateName): string[] =>
  template === "browser" ? lines(join(RECIPE_DIR, "packages", "browser.trim")) : [];
export const initramfsModules = (): string[] => lines(join(RECIPE_DIR, "initramfs", "modules.list"));
export const readRecipe = (name: string): string => readFileSync(join(RECIPE_DIR, name), "utf8");

/** What an image is made of: a name for each input and the SHA-256 of its content. */
export type Inputs = Record<string, string>;
const sha256 = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

const filesUnder = (dir: string, prefix: string): Inputs => {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.name.endsWith(".md"));
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`${prefix}/${relative(dir, path)}`, sha256(readFileSync(path))];
    }),
  );
};

const idOf = (inputs: Inputs): string =>
  sha256(
    Object.keys(inputs)
      .sort()
      .map((name) => `${name} ${inputs[name]}\n`)
      .join(""),
  );

/** Inputs of the packages' part, which takes long and changes seldom. */
const baseInputs = (template: TemplateName, sources: AptSources): Inputs => ({
  template: sha256(template),
  "apt-sources": sha256(`${sources.suite}\n${sources.text}`),
  packages: sha256(packagesOf(template).join("\n")),
  excludes: sha256(pathExcludes().join("\n")),
  trim: sha256(trimOf(template).join("\n")),
  "hooks/customize.sh": sha256(readRecipe("hooks/customize.sh")),
  "build/base.ts": sha256(readRecipe("build/base.ts")),
});

export interface RecipeId {
  /** Names the finished image. */
  id: string;
  /** Names the root file system of Debian packages below it. */
  baseId: string;
  inputs: Inputs;
}

/** Hashes all inputs: the packages' part, every file of guest-image and of the agent's contract, the guest's Node. */
export const recipeId = (template: TemplateName, sources: AptSources, agentEntry: string = AGENT_ENTRY): RecipeId => {
  const base = baseInputs(template, sources);
  const layers = layersOf(template);
  const own = Object.entries(filesUnder(RECIPE_DIR, "guest-image")).filter(([name]) => {
    const [, folder, layer] = name.split("/");
    if (folder === "packages") return false; // in the base already
    return folder !== "rootfs" || layers.includes(layer as TemplateName);
  });
  const inputs: Inputs = {
    ...base,
    ...Object.fromEntries(own),
    ...filesUnder(CONTRACT_DIR, "src/contract/guest"),
    node: sha256(NODE_PACKAGE),
    ...(agentEntry !== AGENT_ENTRY && { "agent-entry": sha256(readFileSync(agentEntry)) }),
  };
  return { id: idOf(inputs), baseId: idOf(base), inputs };
};
