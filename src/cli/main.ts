import { CommanderError } from "commander";
import { ConnectionError, UnexpectedAnswerError, Vitrine, VitrineError } from "../client/index.ts";
import { type Cli, UsageError } from "./cli.ts";
import { hintFor } from "./hint.ts";
import { plain } from "./print.ts";
import { buildProgram } from "./program.ts";

const USAGE = 2;
const FAILED = 1;

/** Errors that speak for themselves; any other is a fault of ours, shown with its stack. */
const isSpoken = (error: unknown): error is Error =>
  error instanceof VitrineError ||
  error instanceof ConnectionError ||
  error instanceof UnexpectedAnswerError ||
  error instanceof UsageError ||
  (error instanceof Error && "syscall" in error) ||
  // Thrown on purpose, by us; what JavaScript itself throws is a TypeError or the like.
  (error instanceof Error && Object.getPrototypeOf(error) === Error.prototype);

const codeOf = (error: unknown): string => {
  if (error instanceof VitrineError) return error.code;
  if (error instanceof ConnectionError) return "connection_failed";
  return error instanceof UsageError ? "usage" : "failed";
};

const complainInJson = (cli: Cli, error: unknown, message: string): void => {
  const details = error instanceof VitrineError ? { details: error.details } : {};
  cli.stderr.write(`${JSON.stringify({ error: { code: codeOf(error), message, ...details } })}\n`);
};

const complain = (cli: Cli, error: unknown): void => {
  const message = isSpoken(error) ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (cli.json()) complainInJson(cli, error, message);
  else cli.stderr.write(`vitrine: ${plain(message)}${hintFor(error)}\n`);
};

/** Commander has said it already, except in JSON. Help that was asked for is no error. */
const complainOfUse = (cli: Cli, { code, exitCode, message }: CommanderError): number => {
  if (exitCode === 0) return 0;
  if (cli.json())
    complainInJson(
      cli,
      new UsageError(),
      code === "commander.help" ? "Give a command; --help lists them." : message.replace(/^error: /, ""),
    );
  return USAGE;
};

/** Asked of the words themselves, for what is said before they can be read. */
const wantsJson = (args: readonly string[]): boolean => {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes("--json");
};

const service = (): Vitrine => {
  try {
    return new Vitrine();
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`VITRINE_URL: ${error.message}`) : error;
  }
};

/** Runs one command line; resolves with the exit code. An aborted command is silent: whoever aborted it knows. */
export const run = async (args: readonly string[], outside: Pick<Cli, "stdin" | "stdout" | "stderr" | "signal">): Promise<number> => {
  let json = wantsJson(args);
  const cli: Cli = { ...outside, vitrine: service, json: () => json, exitCode: 0 };
  const program = buildProgram(cli);
  program.hook("preAction", (_, action) => {
    json = action.optsWithGlobals().json === true;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return complainOfUse(cli, error);
    if (outside.signal.aborted) return FAILED;
    complain(cli, error);
    return error instanceof UsageError ? USAGE : FAILED;
  }
};

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
/** One Ctrl-C may reach us twice, from the terminal and from npm; a later one is meant. */
const IMPATIENT_MS = 1000;

/** The `vitrine` command in this process. A first signal lets the command end in order, a second one ends it at once. */
export const main = async (args: readonly string[]): Promise<void> => {
  const abort = new AbortController();
  let code: number | undefined;
  let first = 0;
  for (const [name, number] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (abort.signal.aborted && Date.now() - first > IMPATIENT_MS) process.exit(128 + number);
      if (abort.signal.aborted) return;
      first = Date.now();
      code = 128 + number;
      abort.abort();
    });
  }
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0); // The reader has had enough.
  });
  const { stdin, stdout, stderr } = process;
  const result = await run(args, { stdin, stdout, stderr, signal: abort.signal });
  process.exitCode = result === 0 ? 0 : (code ?? result);
  for (const name of Object.keys(SIGNALS)) process.removeAllListeners(name);
};
