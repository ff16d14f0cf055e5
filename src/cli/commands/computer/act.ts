import { writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { Argument, type Command, Option } from "commander";
import type { ActionInput, ActionResult, ActionsAnswer, Dialect, Picture } from "../../../client/index.ts";
import { BUTTONS, DIALECTS, IMAGE_FORMATS } from "../../../contract/actions.ts";
import { ACTIONS, type ActFlags, actionFrom, actionsHelp } from "../../act/words.ts";
import { type Cli, UsageError } from "../../cli.ts";
import { plain, print, table } from "../../print.ts";
import { decimal, integer } from "../../values.ts";

interface ActOptions extends ActFlags {
  output?: string;
  after?: boolean;
  wait?: boolean;
  dialect?: Dialect;
}

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UsageError(`What came on standard input is not JSON: ${(error as Error).message}`);
  }
};

/** What one action answered, as a person reads it. */
const shown = ({ text: words, x, y, url, tabs }: ActionResult): string[] => [
  ...(words !== undefined ? [plain(words)] : []),
  ...(x !== undefined && y !== undefined ? [`${x} ${y}`] : []),
  ...(url !== undefined ? [plain(url)] : []),
  ...(tabs
    ? [
        table(
          ["TAB", "TITLE", "URL", ""],
          tabs.map((tab) => [tab.tab_id, tab.title, tab.url, tab.active ? "in front" : ""]),
        ),
      ]
    : []),
];

const pictureOf = ({ results, screenshot }: ActionsAnswer): Picture | undefined =>
  screenshot ?? results.findLast((result) => result.screenshot)?.screenshot;

/** Prints what a batch came to, and puts its last picture where it belongs. */
const report = async (cli: Cli, answer: ActionsAnswer, output: string | undefined): Promise<void> => {
  const picture = pictureOf(answer);
  const failed = answer.results.find(({ error }) => error);
  if (failed) cli.exitCode = 1;
  if (picture && output === "-") return void cli.stdout.write(Buffer.from(picture.data, "base64"));
  if (picture && output !== undefined) await writeFile(output, Buffer.from(picture.data, "base64"));
  if (failed?.error) cli.stderr.write(`vitrine: ${failed.type}: ${plain(failed.error.message)}\n`);
  const lines = answer.results.flatMap(shown);
  if (picture && output !== undefined) lines.push(output);
  print(cli, answer, lines.join("\n"));
};

/** Its choices are for the shell's completion; what is none of them is refused in the action's own words. */
const actionArgument = (): Argument => Object.assign(new Argument("<action>", "see below"), { argChoices: ACTIONS });

export const addAct = (parent: Command, cli: Cli): void => {
  parent
    .command("act")
    .description("Use a computer's mouse, keyboard, clipboard and browser: one action, or - for JSON on standard input, a list of actions")
    .argument("<name>", "the computer")
    .addArgument(actionArgument())
    .argument("[words...]", "what the action takes")
    .option("-o, --output <file>", "where a picture goes; - is standard output")
    .option("--after", "take a picture when the screen has come to rest")
    .option("--wait", "while a person drives, wait until they let go")
    .addOption(new Option("--dialect <vendor>", "with -: the JSON is a model's call, and so is the answer").choices(DIALECTS))
    .option("--at <X,Y>", "scroll there")
    .addOption(new Option("--button <button>", "of the mouse").choices(BUTTONS))
    .option("--count <n>", "clicks, 1 to 3", integer)
    .option("--hold <keys>", "hold these keys meanwhile, like ctrl,shift")
    .option("--repeat <n>", "press the keys this often", integer)
    .option("--duration-ms <n>", "time of a drag", integer)
    .option("--delay-ms <n>", "between two characters", integer)
    .addOption(new Option("--format <format>", "of the picture").choices(IMAGE_FORMATS))
    .option("--scale <factor>", "of the picture", decimal)
    .addHelpText("after", actionsHelp())
    .action(async (name: string, action: string, words: string[], options: ActOptions) => {
      const { output, after, wait, dialect, ...flags } = options;
      if (dialect !== undefined && action !== "-") throw new UsageError("--dialect goes with -, the call on standard input.");
      const actions = action === "-" ? parse(await text(cli.stdin)) : [actionFrom(action, words, flags)];
      const computer = await cli.vitrine().computers.get(name, { signal: cli.signal });
      const call = { signal: cli.signal, ...(wait && { if_controlled: "wait" as const }) };
      if (dialect !== undefined) {
        const answer = await computer.act(actions, { ...call, dialect });
        print(cli, answer, JSON.stringify(answer, null, 2));
        return;
      }
      const list = (Array.isArray(actions) ? actions : [actions]) as ActionInput[];
      await report(cli, await computer.act(list, { ...call, ...(after && { screenshot: "after" as const }) }), output);
    });
};
