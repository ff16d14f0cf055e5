import type { Computer } from "../client/index.ts";
import type { Cli } from "./cli.ts";
import { working } from "./working.ts";

/** A computer that sleeps is woken; one on its way somewhere is left to the service's own words. */
export const startedComputer = async (cli: Cli, name: string): Promise<Computer> => {
  const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
  if (["stopped", "restorable", "error"].includes(computer.status))
    await working(cli, "computer", `starting ${computer.name}`, () => computer.start({ signal: cli.signal }));
  return computer;
};
