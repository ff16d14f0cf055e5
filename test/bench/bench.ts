import type { Computer, CreateComputerInput, Vitrine } from "../../src/client/index.ts";
import type { Config } from "../../src/server/setup/config.ts";
import type { FakeInternet } from "../support/internet.ts";
import type { Row } from "./stats.ts";

/** What a section of the benchmark works with. */
export interface Bench {
  vitrine: Vitrine;
  config: Config;
  /** The world outside, as the computers see it: servers of the benchmark's own. */
  internet: FakeInternet;
  /** How often each kind of start is done. */
  runs: number;
  /** How many computers are created, used and deleted one after another. */
  cycles: number;
  /** How long the dashboard is kept open. */
  minutes: number;
  /** Lines that the service has logged. */
  logged: Record<string, unknown>[];
  say(line: string): void;
}
export type Section = (bench: Bench) => Promise<Row[]>;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

export const repeat = async (times: number, work: (i: number) => Promise<number>): Promise<number[]> => {
  const values: number[] = [];
  for (let i = 0; i < times; i++) values.push(await work(i));
  return values;
};

export const connect = async (computer: Computer): Promise<void> => (await computer.connectPlaywright({ timeout: 120_000 })).close();

/** Creates, connects to and deletes a computer; answers the milliseconds until it was connected to. */
export const createAndConnect = async (
  vitrine: Vitrine,
  input: CreateComputerInput = {},
  look: (computer: Computer) => void = () => {},
): Promise<number> => {
  let computer: Computer | undefined;
  const took = await timed(async () => {
    computer = await vitrine.computers.create(input);
    await connect(computer);
  });
  look(computer as Computer);
  await (computer as Computer).delete();
  return took;
};
