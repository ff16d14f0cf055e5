// npm run build:client [-- FOLDER]: the client as the package `vitrine`, ready to be packed, in dist-client or FOLDER.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { flatTypes } from "./lib/flat-types.mjs";
import { SetupError } from "./lib/npm.mjs";
import { main } from "./lib/run.mjs";
import { ROOT } from "./lib/where.mjs";

/** What is imported as `vitrine` and `vitrine/...`, and the folder of its index. */
const ENTRIES = {
  ".": "client",
  "./ai-sdk": "integrations/ai-sdk",
  "./anthropic": "integrations/anthropic",
  "./deepagents": "integrations/deepagents",
  "./gemini": "integrations/gemini",
  "./mastra": "integrations/mastra",
  "./openai-agents": "integrations/openai-agents",
};

const manifest = (server) => ({
  name: "vitrine",
  version: server.version,
  description: "Client of Vitrine, the browser-automation sandbox service: computers with CDP, actions, exec, files and recordings.",
  license: server.license,
  type: "module",
  sideEffects: false,
  engines: { node: ">=20" },
  exports: {
    ...Object.fromEntries(
      Object.entries(ENTRIES).map(([name, path]) => [name, { types: `./${path}/index.d.ts`, default: `./${path}/index.js` }]),
    ),
    "./package.json": "./package.json",
  },
  files: ["client", "contract", "integrations"],
  dependencies: { ws: `^${server.dependencies.ws}` },
  peerDependencies: { ...server.peerDependencies, [server.name]: server.version },
  peerDependenciesMeta: { ...server.peerDependenciesMeta, [server.name]: { optional: true } },
});

/** The compiler rewrites the import specifiers of JavaScript alone. */
const withJs = (declarations) => declarations.replace(/((?:from |import\()"[.][^"]*)[.]ts"/g, '$1.js"');

const build = (folder) => {
  const file = join(ROOT, "tsconfig.client.json");
  const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(
    file,
    { outDir: folder },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  );
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const problems = [...errors, ...ts.getPreEmitDiagnostics(program)];
  if (problems.length > 0)
    throw new SetupError(
      ts.formatDiagnostics(problems, { getCanonicalFileName: (f) => f, getCurrentDirectory: () => ROOT, getNewLine: () => "\n" }),
    );
  rmSync(folder, { recursive: true, force: true });
  const write = (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  program.emit(undefined, (path, text, _bom, _onError, [source]) => {
    // Files with schemas are types alone to the client; the rest is as it is.
    const schemas = /from "zod"/.test(source.text);
    if (!schemas) write(path, path.endsWith(".d.ts") ? withJs(text) : text);
    else if (path.endsWith(".d.ts")) write(path, `${flatTypes(checker, source)}export {};\n`);
  });
  const server = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  write(join(folder, "package.json"), `${JSON.stringify(manifest(server), null, 2)}\n`);
  copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  copyFileSync(join(ROOT, "docs", "client.md"), join(folder, "README.md"));
};

await main(async () => {
  const folder = resolve(process.argv[2] ?? join(ROOT, "dist-client"));
  build(folder);
  console.log(relative(process.cwd(), folder) || folder);
});
