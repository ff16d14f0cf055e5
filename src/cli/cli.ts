import type { Readable, Writable } from "node:stream";
import type { Vitrine } from "../client/index.ts";

/** What a command has to do with the outside. */
export interface Cli {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Aborts on Ctrl-C and when the process is told to end. */
  signal: AbortSignal;
  /** The service, as the environment names it. */
  vitrine(): Vitrine;
  /** --json was given. */
  json(): boolean;
  /** What the process exits with when the command succeeds. */
  exitCode: number;
}

/** Wrong use of a command; exits with 2. */
export class UsageError extends Error {}
