import { expect, test } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { vitrineOnTerminal } from "../support/on-a-terminal.ts";
import { oneComputer } from "../support/one-computer.ts";
import { vitrine } from "../unit/cli/command-line.ts";

const { service } = await oneComputer("ada");
const ssh = (...args: string[]) => vitrineOnTerminal(service, "computer", "ssh", "ada", ...args);

test("ssh has our size and its changes, leaves by Ctrl-], comes back, and exits as the command does", async () => {
  const first = ssh("--user", "root", "--", "bash", "--norc");
  first.type("stty size; echo dir-$PWD\r");
  await first.shows("25 90");
  first.resize(110, 35);
  first.type("while [ \"$(stty size)\" != '35 110' ]; do sleep 0.1; done; echo now-'größer'\r");
  await first.shows("now-größer");
  first.type("\x1d");
  const left = await first.ended;
  expect(left).toEqual({ code: 0, restored: true });
  const [, id] = /--attach (trm_\w+)/.exec(first.screen())!;

  const second = ssh("--attach", id!);
  await second.shows("now-größer");
  second.type("exit 9\r");
  expect(await second.ended).toEqual({ code: 9, restored: true });
});

test("the terminal is ours again when the computer goes away", async () => {
  const other = await new Vitrine(service).computers.create({ name: "bea" });
  const session = vitrineOnTerminal(service, "computer", "ssh", "bea", "--user", "root", "--", "cat");
  session.type("up\r");
  await session.shows("up\r\nup");
  await other.delete();
  expect(await session.ended).toEqual({ code: 1, restored: true });
});

test("without a terminal, it says what there is instead", async () => {
  expect(await vitrine(["computer", "ssh", "ada"])).toMatchObject({ code: 2, stderr: expect.stringContaining("computer run ada") });
});
