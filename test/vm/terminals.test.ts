import { expect, test } from "vitest";
import { vitrineOnTerminal } from "../support/on-a-terminal.ts";
import { sharedComputer, vm } from "./shared.ts";

test("an editor in the guest is opened, resized, typed into in UTF-8, left, and come back to", async () => {
  const computer = await sharedComputer();
  const first = vitrineOnTerminal(vm, "computer", "ssh", "shared");
  await first.shows("$ ");
  first.type("stty size; tty; id -un\r");
  await first.shows("25 90");
  await first.shows("/dev/pts/");
  await first.shows("ohm");
  first.type("vim.tiny -u NONE note.txt\r");
  await first.shows('note.txt" [New File]');
  first.resize(110, 35);
  first.type("igrößer 日本語");
  await first.shows("日本語");
  first.type("\x1d");
  expect(await first.ended).toEqual({ code: 0, restored: true });
  const [, id] = /--attach (trm_\w+)/.exec(first.screen())!;

  const second = vitrineOnTerminal(vm, "computer", "ssh", "shared", "--attach", id!);
  await second.shows("日本語");
  second.type(" zurück\x1b:wq\r");
  await second.shows("written");
  second.type("stty size; exit 5\r");
  expect(await second.ended).toEqual({ code: 5, restored: true });
  expect(await computer.files.readText("/home/ohm/note.txt")).toBe("größer 日本語 zurück\n");
  await computer.files.delete("/home/ohm/note.txt");
});
