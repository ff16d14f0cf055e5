import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { CLI, onTerminal } from "../../support/on-a-terminal.ts";
import { computer, json } from "../client/service.ts";
import { vitrine } from "./command-line.ts";
import { serving } from "./serving.ts";

const { serve } = serving();
const withEinstein = () => serve({ "GET /v1/computers": (_, answer) => json(answer, { data: [computer()], next_cursor: null }) });
const home = mkdtempSync(join(tmpdir(), "vt-"));
afterAll(() => rmSync(home, { recursive: true }));

const completed = async (line: string): Promise<string[]> => {
  const { stdout, stderr, code } = await vitrine(["complete", "--", ...line.split(" ")]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .split("\n")
    .slice(0, -1)
    .map((answer) => answer.split("\t")[0]!);
};

test.each<[string, string[]]>([
  ["comp", ["computer", "completion"]],
  ["computer st", ["stop", "start"]],
  ["computer port ", ["publish", "list", "wait", "unpublish", "help"]],
  ["computer get ", ["einstein"]],
  ["computer rm einstein e", ["einstein"]],
  ["computer get einstein ", []],
  ["--json computer stop --mode shutdown e", ["einstein"]],
  ["computer stop --mode ", ["suspend", "shutdown"]],
  ["computer stop --mode=su", ["--mode=suspend"]],
  ["computer stop --j", ["--json"]],
  ["computer create --name ", []],
  ["computer create --template s", ["scratch"]],
  ["computer act einstein cl", ["click", "clipboard_get", "clipboard_set", "close_tab"]],
  ["computer run einstein -- --j", []],
  ["computer cp -r ", ["einstein:", ":files"]],
  ["computer screenshot einstein -o ", [":files"]],
  ["profile delete ", []],
  ["image build coding", ["coding-agent"]],
  ["completion ", ["bash", "zsh", "fish"]],
  ["nonsense ", expect.arrayContaining(["computer"])],
])("%j is completed from the program itself", async (line, answers) => {
  await withEinstein();
  expect(await completed(line)).toEqual(answers);
});

test("a service that does not answer with names makes no noise", async () => {
  await serve({});
  expect(await completed("computer get ")).toEqual([]);
});

/** In its place: completes as the command does, and otherwise says how it was called. */
const STAND_IN = `#!/bin/sh
case $1 in
  complete | completion) exec '${process.execPath}' '${CLI}' "$@" ;;
esac
printf 'called'; printf '<%s>' "$@"; echo
`;

test.each([
  [["bash", "--norc", "--noprofile", "-i"], "source <(vitrine completion bash)"],
  [["zsh", "-f", "-i"], "autoload -U compinit && compinit -u; source <(vitrine completion zsh)"],
  [["fish", "-i", "--no-config"], "vitrine completion fish | source"],
])(
  "%j completes at the Tab key",
  async (shell, setUp) => {
    await withEinstein();
    writeFileSync(join(home, "vitrine"), STAND_IN);
    chmodSync(join(home, "vitrine"), 0o755);
    writeFileSync(join(home, "page.html"), "");
    const terminal = onTerminal(shell, { HOME: home, PATH: `${home}:${process.env.PATH}`, TERM: "xterm" });
    onTestFinished(terminal.kill);
    terminal.type(`cd\r${setUp}\r`);
    for (const [typed, called] of [
      ["vitrine comput\tge\tein\t", "<computer><get><einstein>"],
      ["vitrine computer stop --mo\tsh\tein\t", "<computer><stop><--mode><shutdown><einstein>"],
      ["vitrine computer stop --mode=su\t", "<computer><stop><--mode=suspend>"],
      ["vitrine computer cp pag\tein\t/x", "<computer><cp><page.html><einstein:/x>"],
    ] as const) {
      terminal.type(`${typed}\r`);
      await terminal.shows(`called${called}`);
    }
    terminal.type("exit\r");
    await terminal.ended;
  },
  120_000,
);
