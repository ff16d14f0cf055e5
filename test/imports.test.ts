import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise, type ICruiseResult, type IFlattenedRuleSet } from "dependency-cruiser";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const config = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs")) as IFlattenedRuleSet & { options: object };
const { options, ...ruleSet } = config;

const look = async (baseDir: string, folders: string[]): Promise<ICruiseResult> => {
  const { output } = await cruise(folders, { ...options, tsConfig: undefined, baseDir, ruleSet, validate: true } as never);
  return output as ICruiseResult;
};
const violations = (result: ICruiseResult): string[] => result.summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`);

test("nothing imports across a wall", { timeout: 60_000 }, async () => {
  const result = await look(root, ["src", "guest-image"]);
  expect(violations(result)).toEqual([]);
  expect(result.modules.some(({ source }) => source === "src/contract/errors.ts")).toBe(true);
});

/** One breach of each wall; the walls are only worth something if these are seen. */
const BREACHES: Record<string, [file: string, imports: string]> = {
  "no-cycles": ["src/server/browser/a.ts", "./b.ts"],
  "contract-alone": ["src/contract/x.ts", "../server/deadline.ts"],
  "client-contract": ["src/client/x.ts", "../server/deadline.ts"],
  "client-without-zod": ["src/client/y.ts", "../contract/computer.ts"],
  "dashboard-client": ["src/dashboard/x.ts", "../server/deadline.ts"],
  "dashboard-without-zod": ["src/dashboard/y.ts", "../contract/computer.ts"],
  "server-not-dashboard": ["src/server/auth/d.ts", "../../dashboard/z.ts"],
  "cli-client": ["src/cli/commands/x.ts", "../../server/deadline.ts"],
  "cli-mcp": ["src/cli/commands/mcp.ts", "../../server/deadline.ts"],
  "integrations-client": ["src/integrations/x.ts", "../server/deadline.ts"],
  "server-not-clients": ["src/server/relay/x.ts", "../../client/index.ts"],
  "api-not-machine": ["src/server/api/x.ts", "../machine/machine.ts"],
  "computers-ports": ["src/server/computers/x.ts", "../guest/guest.ts"],
  "nothing-imports-api": ["src/server/auth/x.ts", "../api/app.ts"],
  "nothing-imports-doors": ["src/server/auth/w.ts", "../doors/kernel/door.ts"],
  "nothing-imports-main": ["src/server/auth/y.ts", "../main.ts"],
  "agent-alone": ["guest-image/agent/x.ts", "../../src/server/deadline.ts"],
  "guest-protocol-alone": ["src/contract/guest/x.ts", "../errors.ts"],
  resolvable: ["src/server/auth/z.ts", "./not-there.ts"],
};
const TARGETS = [
  "src/server/deadline.ts",
  "src/server/main.ts",
  "src/server/api/app.ts",
  "src/server/doors/kernel/door.ts",
  "src/server/machine/machine.ts",
  "src/server/guest/guest.ts",
  "src/client/index.ts",
  "src/dashboard/z.ts",
  "src/contract/computer.ts",
  "src/contract/errors.ts",
];

let breached: string;
beforeAll(async () => {
  breached = await mkdtemp(join(tmpdir(), "vitrine-walls-"));
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(breached, file)), { recursive: true });
    await writeFile(join(breached, file), text);
  };
  for (const file of TARGETS) await write(file, "export const x = 1;\n");
  for (const [file, imports] of Object.values(BREACHES)) await write(file, `import { x } from "${imports}";\nexport const y = x;\n`);
  await write("src/server/browser/b.ts", 'import { y } from "./a.ts";\nexport const x = y;\n');
  // Allowed: the domain may see a port as a type, and commands on the service's machine compose the server.
  await write("src/server/computers/typed.ts", 'import type { x } from "../guest/guest.ts";\nexport type Y = typeof x;\n');
  await write("src/cli/commands/host/serve.ts", 'export const y = () => import("../../../server/main.ts");\n');
});
afterAll(() => rm(breached, { recursive: true, force: true }));

test("every wall is seen when it is broken, and only where it is", { timeout: 60_000 }, async () => {
  const found = (await look(breached, ["src", "guest-image"])).summary.violations;
  for (const [rule, [file]] of Object.entries(BREACHES))
    expect(
      found.filter((v) => v.rule.name === rule).map((v) => v.from),
      rule,
    ).toContain(file);
  const innocent = found.filter((v) => v.from.endsWith("typed.ts") || v.from.includes("/host/"));
  expect(innocent).toEqual([]);
  expect(Object.keys(BREACHES).sort()).toEqual(ruleSet.forbidden?.map((rule) => rule.name).sort());
});
