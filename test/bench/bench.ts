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

/** Creates, connects to and deletes a computer; answers the milliseconds until it was connected to, and, where there is a page to go to then, until that has begun to come. */
export const createAndConnect = async (
  vitrine: Vitrine,
  input: CreateComputerInput = {},
  { look = () => {}, page }: { look?: (computer: Computer, createdMs: number) => void; page?: string } = {},
): Promise<number> => {
  const began = performance.now();
  const computer = await vitrine.computers.create(input);
  const created = performance.now() - began;
  const browser = await computer.connectPlaywright({ timeout: 120_000 });
  if (page !== undefined) await browser.contexts()[0]?.pages()[0]?.goto(page, { waitUntil: "commit", timeout: 120_000 });
  await browser.close();
  const took = performance.now() - began;
  look(computer, created);
  await computer.delete();
  return took;
};
