import { expect, onTestFinished, test } from "vitest";
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

test("in tmux, a session of several windows goes on while nobody is there", async () => {
  const computer = await sharedComputer();
  const first = vitrineOnTerminal(vm, "computer", "ssh", "shared", "--", "tmux", "new-session", "-s", "work");
  onTestFinished(first.kill);
  // The last line is tmux's own.
  await first.shows("[work] 0:bash*");
  first.type("stty size\r");
  await first.shows("24 90");
  first.type("vim.tiny -u NONE page.txt\r");
  await first.shows('page.txt" [New File]');
  first.resize(110, 35);
  first.type("igrößer 日本語");
  await first.shows("日本語");
  first.type("\x02c");
  await first.shows("1:bash*");
  first.type("stty size; tmux detach-client\r");
  await first.shows("34 110");
  await first.shows("[detached (from session work)]");
  expect(await first.ended).toEqual({ code: 0, restored: true });

  const second = vitrineOnTerminal(vm, "computer", "ssh", "shared", "--", "tmux", "attach-session", "-t", "work");
  onTestFinished(second.kill);
  await second.shows("1:bash*");
  second.type("\x020");
  await second.shows("größer 日本語");
  second.type(" zurück\x1b");
  await second.shows("zurück");
  second.type(":wq\r");
  await second.shows("written");
  second.type("stty size; tmux kill-session\r");
  await second.shows("24 90");
  await second.shows("[exited]");
  expect(await second.ended).toEqual({ code: 0, restored: true });
  expect(await computer.files.readText("/home/ohm/page.txt")).toBe("größer 日本語 zurück\n");
  await computer.files.delete("/home/ohm/page.txt");
});
