import { expect, onTestFinished } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { vitrine } from "./shared.ts";

/** A computer with the least workspace there is, gone with its test. */
export const smallComputer = async (more: object = {}): Promise<Computer> => {
  const small = { template: "scratch", ram_mb: 512, vcpus: 1, disk_size_mb: 2048, workspace_quota_mb: 1024 } as const;
  const computer = await vitrine.computers.create({ ...small, ...more });
  onTestFinished(() => computer.delete());
  return computer;
};

/** What a command says, which must succeed. */
export const run = async (computer: Computer, command: string, user = "ohm"): Promise<string> => {
  const { exit_code, stdout, stderr } = await computer.exec(command, { user, timeout_s: 300 });
  expect(exit_code, stderr).toBe(0);
  return stdout;
};
