import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import {
  bashTool,
  oneShotTool,
  textEditorTool,
  VitrineComputerToolset,
  type VitrineComputerToolsetOptions,
  vitrineTools,
} from "../../src/integrations/anthropic/index.ts";
import { adapterWorld, SCREEN } from "../support/adapter-world.ts";
import { runTools, saidBy, type Use } from "../support/scripted-messages.ts";

vi.setConfig({ testTimeout: 60_000 });

const world = adapterWorld();
const { dir, options } = world;
const scratch = () => world.vitrine.computers.create({ template: "scratch" });

const png = { type: "image", source: { type: "base64", media_type: "image/png", data: expect.stringMatching(/^iVBOR/) } };
const said = (text: string) => [{ type: "text", text }];

const onScreen = async (computer: Computer, settings: VitrineComputerToolsetOptions, ...turns: [name: string, input: object][][]) => {
  const uses = turns.map((turn) => turn.map(([name, input]): Use => [name, input, "computer"]));
  return runTools([new VitrineComputerToolset(computer, settings)], uses);
};

test("the computer toolset drives the screen, and says what it could not do", async () => {
  const computer = await world.vitrine.computers.create();
  const { offered, results } = await onScreen(
    computer,
    {},
    [
      ["screenshot", {}],
      ["mouse_move", { coordinate: [200, 100] }],
      ["cursor_position", {}],
      ["zoom", { region: [0, 0, 100, 50] }],
    ],
    [
      ["left_click", { coordinate: [20, 20], text: "shift" }],
      ["double_click", { coordinate: [20, 20] }],
      ["left_click_drag", { start_coordinate: [10, 10], coordinate: [40, 40] }],
      ["scroll", { coordinate: [20, 20], scroll_direction: "down", scroll_amount: 2 }],
      ["type", { text: "hello" }],
      ["key", { text: "ctrl+a", repeat: 2 }],
      ["hold_key", { text: "shift", duration: 0.1 }],
      ["left_mouse_down", {}],
      ["left_mouse_up", {}],
      ["wait", { duration: 0 }],
    ],
    [
      ["mouse_move", { coordinate: [5000, 10] }],
      ["left_click", {}],
    ],
  );
  expect(offered).toEqual([{ type: "computer_toolset_20260801" }]);
  const [looked, acted, failed] = results;
  expect(looked!.map(({ content }) => content)).toEqual([[png], said("Moved the mouse."), said("X=200,Y=100"), [png]]);
  expect(acted!.map(saidBy)).toEqual([
    "Clicked.",
    "Double-clicked.",
    "Dragged.",
    "Scrolled down.",
    "Typed.",
    "Pressed ctrl+a.",
    "Held shift for 0.1s.",
    "Left mouse button pressed.",
    "Left mouse button released.",
    "Waited 0s.",
  ]);
  expect(failed!.map(saidBy)).toEqual([
    expect.stringMatching(/^invalid_request: .*screen/),
    "Not executed: an earlier computer action in this turn failed.",
  ]);
});

test("the computer toolset's places are those of the size in which the model sees the screen", async () => {
  const computer = await world.vitrine.computers.create();
  const display = { width: SCREEN.width / 2, height: SCREEN.height / 2 };
  const { results } = await onScreen(computer, { display }, [
    ["mouse_move", { coordinate: [100, 50] }],
    ["cursor_position", {}],
    ["screenshot", {}],
  ]);
  const [, place, picture] = results[0]!.map(({ content }) => content as unknown as [{ source: { data: string } }]);
  expect(place).toEqual(said("X=100,Y=50"));
  const header = Buffer.from(picture![0].source.data, "base64");
  expect([header.readUInt32BE(16), header.readUInt32BE(20)]).toEqual([display.width, display.height]);
  expect((await computer.act([{ type: "cursor_position" }])).results[0]).toMatchObject({ x: 200, y: 100 });
});

test("the computer toolset asks before it acts, leaves out what is not to be had, and needs a screen", async () => {
  const computer = await world.vitrine.computers.create();
  const asked: unknown[] = [];
  const confirm = ({ member, input }: { member: string; input: object }) => {
    asked.push([member, input]);
    return member !== "type";
  };
  const configs = { zoom: { enabled: false } };
  const { offered, results } = await onScreen(
    computer,
    { confirm, configs },
    [["key", { text: "a" }]],
    [["type", { text: "secret" }]],
    [["zoom", { region: [0, 0, 10, 10] }]],
  );
  expect(offered).toEqual([{ type: "computer_toolset_20260801", configs }]);
  expect(results.map(([result]) => Boolean(result!.is_error))).toEqual([false, true, true]);
  expect(asked).toEqual([
    ["key", { text: "a" }],
    ["type", { text: "secret" }],
  ]);
  expect(() => new VitrineComputerToolset({ browser: null } as Computer)).toThrow(/no display/);
});

test("bash keeps its folder, variables and jobs from one command to the next", async () => {
  const bash = bashTool(await scratch(), options);
  const uses: [object, RegExp | string][] = [
    [{ command: 'mkdir -p kept && cd kept && GREETING="it\'s here"' }, "Exit code 0."],
    [{ command: 'echo "$GREETING"; basename "$PWD"; echo failed >&2; false' }, "it's here\nkept\nfailed\nExit code 1."],
    [{ command: "sleep 1000 & echo $! > pid; cat" }, "Exit code 0."],
    [{ command: "kill $(cat pid) && echo killed" }, "killed"],
    [{ command: "if then" }, /syntax error.*Exit code [12]\.$/s],
    [{ command: "set -x; echo traced; set +x" }, "++ echo traced\ntraced\n++ set +x"],
    [{ command: "seq 20000" }, /^1\n2\n.*characters left out\].*\n20000$/s],
    [{ command: "exit 3" }, "The shell ended; the next command has a new one."],
    [{ command: 'echo "[$GREETING]"' }, "[]"],
    [{ restart: true }, "The shell was started anew."],
    [{ command: "basename $PWD" }, `${dir.split("/").at(-1)}`],
    [{}, "Give a command, or restart."],
  ];
  const { offered, results } = await runTools(
    [bash],
    uses.map(([input]): Use[] => [["bash", input]]),
  );
  expect(offered).toEqual([{ type: "bash_20250124", name: "bash" }]);
  for (const [i, [, expected]] of uses.entries())
    expect(saidBy(results[i]![0]!)).toEqual(typeof expected === "string" ? expected : expect.stringMatching(expected));
  await bash.close();
});

test("bash runs the commands of one turn in their order, kills one that takes too long, and leaves nothing when it is closed", async () => {
  const computer = await scratch();
  const bash = bashTool(computer, options);
  const { results } = await runTools(
    [bash],
    [
      [
        ["bash", { command: "x=1" }],
        ["bash", { command: "x=$((x + 1)); echo $x" }],
        ["bash", { command: "x=$((x * 5)); echo $x" }],
      ],
    ],
  );
  expect(results[0]!.map(saidBy)).toEqual(["Exit code 0.", "2", "10"]);
  const running = async () => (await computer.processes.list()).filter(({ running }) => running).length;
  expect(await running()).toBe(1);
  await bash.close();
  await vi.waitFor(async () => expect(await running()).toBe(0), 10_000);

  const hasty = bashTool(computer, { ...options, timeout_s: 0.5 });
  const { results: late } = await runTools([hasty], [[["bash", { command: "sleep 1000" }]]]);
  expect(late[0]).toMatchObject([{ is_error: true, content: expect.stringMatching(/^Killed after 0.5 s\./) }]);
  await vi.waitFor(async () => expect(await running()).toBe(0), 10_000);
});

test("a command of bash that is aborted is killed", async () => {
  const computer = await scratch();
  const bash = bashTool(computer, options);
  const abort = new AbortController();
  const running = Promise.resolve(bash.run({ command: "echo $$ > aborted; sleep 1000" }, { signal: abort.signal } as never));
  const refused = expect(running).rejects.toThrow("enough");
  await vi.waitFor(() => expect(readFileSync(join(dir, "aborted"), "utf8")).not.toBe(""), 20_000);
  abort.abort(new Error("enough"));
  await refused;
  await vi.waitFor(async () => expect((await computer.processes.list()).some(({ running }) => running)).toBe(false), 10_000);
});

test("the text editor views, makes and edits files, and says why it did not", async () => {
  const path = join(dir, "edited/a.txt");
  const binary = join(dir, "binary");
  writeFileSync(binary, Buffer.from([0xff, 0xfe]));
  const edit = (command: string, input: object): Use => ["str_replace_based_edit_tool", { command, path, ...input }];
  const uses: [Use, unknown][] = [
    [edit("create", { file_text: "one\ntwo\nthree\ntwo\n" }), `${path} was written.`],
    [edit("view", {}), "     1\tone\n     2\ttwo\n     3\tthree\n     4\ttwo"],
    [edit("view", { view_range: [3, -1] }), "     3\tthree\n     4\ttwo"],
    [edit("view", { view_range: [9, 10] }), expect.stringContaining("of 4 lines")],
    [edit("str_replace", { old_str: "two", new_str: "2" }), expect.stringContaining("2 times, in the lines 2, 4")],
    [edit("str_replace", { old_str: "three\ntwo", new_str: "$& 3\n4" }), expect.stringContaining("     3\t$& 3\n     4\t4")],
    [edit("str_replace", { old_str: "nothing", new_str: "" }), expect.stringContaining("is not in")],
    [edit("insert", { insert_line: 0, insert_text: "zero" }), expect.stringContaining("     1\tzero\n     2\tone")],
    [edit("insert", { insert_line: 5, insert_text: "five\n" }), expect.stringContaining("     6\tfive")],
    [edit("insert", { insert_line: 50, insert_text: "" }), expect.stringContaining("0 to 6")],
    [edit("str_replace", { old_str: "zero\n" }), expect.stringContaining("     1\tone")],
    [edit("view", { path: join(dir, "edited") }), `${join(dir, "edited")}/\n${path}`],
    [edit("view", { path: join(dir, "none") }), expect.stringMatching(/^file_not_found: /)],
    [edit("view", { path: binary }), `${binary} is not UTF-8 text.`],
    [edit("create", {}), "file_text must be given, as a text."],
    [edit("undo_edit", {}), expect.stringContaining("no command undo_edit")],
  ];
  const editor = textEditorTool(await scratch(), { max_characters: 500 });
  const { offered, results } = await runTools(
    [editor],
    uses.map(([use]) => [use]),
  );
  expect(offered).toEqual([{ type: "text_editor_20250728", name: "str_replace_based_edit_tool", max_characters: 500 }]);
  for (const [i, [, expected]] of uses.entries()) expect(saidBy(results[i]![0]!)).toEqual(expected);
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n$& 3\n4\nfive\n");
});

test("function tools work in one computer for many turns, and a one-shot tool in one for each call", async () => {
  const computer = await scratch();
  const path = join(dir, "noted.txt");
  const { results } = await runTools(
    [...vitrineTools(computer, options), oneShotTool(world.vitrine, options)],
    [
      [["write_file", { path, content: "first\n" }]],
      [["run_command", { command: `echo second >> ${path}; exit 3` }]],
      [["read_file", { path }]],
      [["read_file", { path: join(dir, "none") }]],
      [["run_in_new_computer", { command: "echo once" }]],
    ],
  );
  expect(results.map(([result]) => saidBy(result!))).toEqual([
    expect.stringContaining("6 bytes"),
    "Exit code 3.",
    "first\nsecond\n",
    expect.stringMatching(/^file_not_found: /),
    "Exit code 0.\nstdout:\nonce\n",
  ]);
  expect(await world.computers()).toEqual([computer.id]);
});
