import type { Computer, CreateComputerInput, ExecOptions, Vitrine } from "../../client/index.ts";
import { reportOn } from "./report.ts";
import { wholeCharacters } from "./text.ts";

/** Bytes of a file that a model gets. */
const MAX_READ = 64 * 1024;
/** Seconds that a command of a model has. */
export const TIMEOUT_S = 120;
/** By when a computer for one call is deleted even where nobody is left to do it, beyond the command's own time. */
const ONE_SHOT_GRACE_S = 1800;

/** How the commands of a model run. */
export type CommandOptions = Pick<ExecOptions, "cwd" | "env" | "user" | "timeout_s">;

/** What a model may call in whatever framework. All parameters are texts. */
export interface ModelFunction {
  name: string;
  description: string;
  parameters: {
    type: "object";
    properties: Record<string, { type: "string"; description: string }>;
    required: string[];
    additionalProperties: false;
  };
  run(input: Record<string, string>, signal: AbortSignal | undefined): Promise<string>;
}

const modelFunction = <P extends string>(
  name: string,
  description: string,
  parameters: Record<P, string>,
  run: (input: Record<P, string>, signal: AbortSignal | undefined) => Promise<string>,
): ModelFunction => {
  const properties = Object.entries<string>(parameters).map(([name, description]) => [name, { type: "string", description }] as const);
  return {
    name,
    description,
    parameters: {
      type: "object",
      properties: Object.fromEntries(properties),
      required: Object.keys(parameters),
      additionalProperties: false,
    },
    run,
  };
};

const path = "Absolute path in the computer, like /home/ohm/notes.txt";

const runIn = async (computer: Computer, command: string, options: CommandOptions, signal: AbortSignal | undefined): Promise<string> => {
  const { timeout_s = TIMEOUT_S } = options;
  return reportOn(await computer.exec(command, { ...options, timeout_s, signal }), timeout_s).join("\n");
};

/** Commands and files of a computer that the caller keeps, for as many turns as it is there. */
export const computerFunctions = (computer: Computer, options: CommandOptions = {}): ModelFunction[] => [
  modelFunction(
    "run_command",
    "Runs a command with bash in a Linux computer of its own, waits for its end, and gives exit code, stdout and stderr. Files stay from one call to the next. What runs for long or as a server: start it in the background, with its output in a file.",
    { command: "Given to bash -lc" },
    ({ command }, signal) => runIn(computer, command, options, signal),
  ),
  modelFunction("read_file", `Reads a text file of the computer, ${MAX_READ} bytes at most.`, { path }, async ({ path }, signal) => {
    const { size_bytes } = await computer.files.stat(path, { signal });
    // An empty file has no range; one byte more tells whether a character ends at the limit.
    const part = size_bytes > MAX_READ ? { start: 0, end: MAX_READ } : {};
    const bytes = await computer.files.read(path, { ...part, signal });
    const end = wholeCharacters(bytes, MAX_READ);
    const text = bytes.subarray(0, end).toString("utf8");
    return size_bytes > end ? `${text}\n[These are ${end} bytes of ${size_bytes}; use run_command for the rest.]` : text;
  }),
  modelFunction(
    "write_file",
    "Writes a text file of the computer, whole or not at all; what was there is replaced, and folders that are missing are made.",
    { path, content: "All that is to be in it" },
    async ({ path, content }, signal) => {
      await computer.files.write(path, content, { signal });
      return `Wrote ${Buffer.byteLength(content)} bytes to ${path}.`;
    },
  ),
];

/** What a function of one computer for each call is made of. */
export interface OneShotOptions extends CommandOptions {
  /** What each computer is like. Default: the template scratch. */
  computer?: CreateComputerInput;
}

/** A command in a computer that is made for it and deleted before its answer. */
export const oneShotFunction = (
  { computers }: Pick<Vitrine, "computers">,
  { computer: input, ...options }: OneShotOptions = {},
): ModelFunction =>
  modelFunction(
    "run_in_new_computer",
    "Runs a command with bash in a new Linux computer, waits for its end, and gives exit code, stdout and stderr. The computer is deleted with all its files before the answer: print what is to be kept.",
    { command: "Given to bash -lc" },
    async ({ command }, signal) => {
      const ttl_s = Math.ceil(options.timeout_s ?? TIMEOUT_S) + ONE_SHOT_GRACE_S;
      const computer = await computers.create({ template: "scratch", ttl_s, ...input }, { signal });
      try {
        return await runIn(computer, command, options, signal);
      } finally {
        await computer.delete();
      }
    },
  );
