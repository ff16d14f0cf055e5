import { oneLine } from "../../text.ts";
import type { DialectAdapter, DialectOutcome } from "../dialect.ts";
import { sentence } from "./outcome.ts";
import { checked, isRecord, refused } from "./reading.ts";
import { scaled } from "./scale.ts";
import { words } from "./words.ts";
import { COMMANDS, type Done, type Words } from "./xdotool-commands.ts";

const wordsOf = (body: unknown): string[] => {
  const given = isRecord(body) ? (body.command ?? body.argv ?? body.actions) : undefined;
  const list = typeof given === "string" ? words(given) : given;
  if (!Array.isArray(list) || !list.every((word): word is string => typeof word === "string"))
    throw refused("the body has command, a command line or a list of its words");
  const own = list[0] === "xdotool" ? list.slice(1) : list;
  if (own.length === 0) throw refused("the command is empty");
  return own;
};

const answer = (steps: Done[], { results, screen, screenshot }: DialectOutcome): unknown => {
  let at = 0;
  let stdout = "";
  for (const { actions, prints } of steps) {
    const mine = results.slice(at, at + actions.length);
    at += actions.length;
    const bad = mine.find((result) => !result.ok);
    if (bad) return { stdout, stderr: `xdotool: ${sentence(bad)}\n`, exit_code: 1, ...(screenshot && { screenshot }) };
    stdout += prints?.(mine, screen) ?? "";
  }
  return { stdout, stderr: "", exit_code: 0, ...(screenshot && { screenshot }) };
};

/** Command lines of xdotool, chained as it chains them, without a shell and without xdotool. The answer is what it would have printed. */
export const xdotool: DialectAdapter = {
  read: (body, screen) => {
    const space = scaled(screen);
    const rest = wordsOf(body);
    const steps: Done[] = [];
    while (rest.length > 0) {
      const command = rest.shift()!;
      const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
      if (!run) throw refused(`xdotool's '${oneLine(command, 32)}' is not known here; known are ${Object.keys(COMMANDS).join(", ")}`);
      steps.push(run({ command, rest } satisfies Words, space));
    }
    const after = isRecord(body) && body.screenshot === "after";
    return {
      actions: checked(steps.flatMap(({ actions }) => actions)),
      screenshot: after ? "after" : "none",
      write: (outcome) => answer(steps, outcome),
    };
  },
};
