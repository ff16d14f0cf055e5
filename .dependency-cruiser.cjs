/** The walls between the parts. Run by `npm run lint` and by test/imports.test.ts. */
const wall = (name, comment, from, to) => ({ name, severity: "error", comment, from, to });
const ours = "^(src|guest-image)/";

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    wall("no-cycles", "A cycle means two files are one concept; types count too.", {}, { circular: true }),
    wall("resolvable", "Every import exists.", {}, { couldNotResolve: true, pathNot: "^(bun|bun:)" }),
    wall(
      "contract-alone",
      "The contract is the source: it imports nothing of ours.",
      { path: "^src/contract/" },
      { path: ours, pathNot: "^src/contract/" },
    ),
    wall(
      "client-contract",
      "The client knows the service by its contract only.",
      { path: "^src/client/" },
      { path: ours, pathNot: "^src/(client|contract)/" },
    ),
    wall(
      "client-without-zod",
      "The client runs without zod: schemas are for types there.",
      { path: "^src/client/" },
      {
        path: "^(src/contract/(capacity|computer|exec|keys|links|network|ports|snapshots|routes|terminals|usage|routes/[a-z]+|openapi)[.]ts|node_modules/zod/)",
        dependencyTypesNot: ["type-only"],
      },
    ),
    wall(
      "dashboard-client",
      "The dashboard is a client in a browser: it knows the service by its contract, of which it takes types, and values where they bring no zod along.",
      { path: "^src/dashboard/" },
      { path: ours, pathNot: "^src/(dashboard|contract)/" },
    ),
    wall(
      "dashboard-without-zod",
      "Schemas are types in a browser.",
      { path: "^src/dashboard/" },
      { path: "^(src/contract/(?!errors|log-sources)|node_modules/zod/)", dependencyTypesNot: ["type-only"] },
    ),
    wall(
      "server-not-dashboard",
      "The service builds the dashboard and serves its files, and knows nothing of it.",
      { path: "^src/server/" },
      { path: "^src/dashboard/", pathNot: "^src/dashboard/build[.]mjs$" },
    ),
    wall(
      "cli-client",
      "The CLI is a client. Only commands/host, which run on the service's own machine, compose the server.",
      {
        path: "^src/cli/",
        pathNot: "^src/cli/commands/(host/|mcp[.]ts$)",
      },
      { path: ours, pathNot: "^src/(cli|client|contract)/" },
    ),
    wall(
      "cli-mcp",
      "`vitrine mcp` starts an integration, which is a client, too.",
      { path: "^src/cli/commands/mcp[.]ts$" },
      { path: ours, pathNot: "^src/(cli|client|contract|integrations/mcp)/" },
    ),
    wall(
      "integrations-client",
      "Integrations are clients.",
      { path: "^src/integrations/" },
      { path: ours, pathNot: "^src/(integrations|client|contract)/" },
    ),
    wall(
      "server-not-clients",
      "The service does not know its clients.",
      { path: "^src/server/" },
      { path: "^src/(client|cli|integrations)/" },
    ),
    wall(
      "api-not-machine",
      "HTTP in, domain calls out: a route never touches a machine.",
      { path: "^src/server/(api|doors)/" },
      { path: "^src/server/machine/" },
    ),
    wall(
      "computers-ports",
      "The domain sees machine, guest, workspace and store as types; main wires them.",
      { path: "^src/server/computers/" },
      {
        path: "^src/server/(machine|guest|workspace|store)/",
        dependencyTypesNot: ["type-only"],
      },
    ),
    wall(
      "nothing-imports-api",
      "Only main knows the API, and the doors, which are the same operations in other shapes.",
      { path: ours, pathNot: "^src/server/(api/|doors/|main[.]ts$)" },
      { path: "^src/server/api/" },
    ),
    wall(
      "nothing-imports-doors",
      "Only main knows the doors.",
      { path: ours, pathNot: "^src/server/(doors/|main[.]ts$)" },
      { path: "^src/server/doors/" },
    ),
    wall(
      "nothing-imports-main",
      "Only `vitrine serve` and Vitrine.local() start the service.",
      { path: ours, pathNot: "^src/(cli/commands/host/|local[.]ts$)" },
      { path: "^src/server/main[.]ts$" },
    ),
    wall(
      "agent-alone",
      "The guest agent is bundled from its folder and the guest protocol, with nothing else.",
      { path: "^guest-image/agent/" },
      {
        pathNot: "^(guest-image/agent|src/contract/guest)/",
        dependencyTypesNot: ["core"],
      },
    ),
    wall(
      "guest-protocol-alone",
      "The guest protocol is bundled into the agent.",
      { path: "^src/contract/guest/" },
      {
        pathNot: "^src/contract/guest/",
        dependencyTypesNot: ["core"],
      },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".tsx", ".js", ".mjs"],
    },
  },
};
