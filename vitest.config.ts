import { defineConfig } from "vitest/config";

// What a shell of somebody's is set to is none of a test's: Chromium takes file names for what the locale says.
const shared = { pool: "forks" as const, environment: "node", env: { LANG: "C.UTF-8", LC_ALL: "C.UTF-8" } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["test/unit/**/*.test.ts", "test/imports.test.ts"],
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        // Real microVMs: one file at a time, since emulated guests share few cores.
        test: {
          ...shared,
          name: "vm",
          include: ["test/vm/**/*.test.ts"],
          globalSetup: "test/vm/setup.ts",
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        // Services and machines that are killed, one file at a time.
        test: {
          ...shared,
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          globalSetup: "test/faults/setup.ts",
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
