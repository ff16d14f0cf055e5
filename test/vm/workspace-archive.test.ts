import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Computer } from "../../src/client/index.ts";
import { run, smallComputer } from "./small-computer.ts";

/** Of the file system's top: what an export makes there is not to stay. */
const leftovers = (computer: Computer): Promise<string> => run(computer, "ls /run/vitrine/celestofs", "root");

test("a workspace goes out as it is at one moment and comes in whole, over what is there or instead of it", async () => {
  const computer = await smallComputer();
  await run(computer, "mkdir -p app/.git && echo kept > app/.git/HEAD && ln -s HEAD app/.git/link && chmod 750 app");
  // Made all the while: what is read folder by folder would have more in the second than in the first.
  await computer.processes.start("mkdir a b; i=0; while :; do i=$((i+1)); : > a/$i; : > b/$i; done");
  const archive = await buffer(await computer.workspace.export());
  expect(await leftovers(computer)).toBe("home\n");

  const other = await smallComputer();
  await other.files.write("/home/ohm/old.txt", "old");
  await other.workspace.import(archive);
  expect(await run(other, "cat app/.git/link old.txt; stat -c '%a %U' app; stat -c %U app/.git/HEAD")).toBe("kept\nold750 ohm\nohm\n");
  const [a, b] = (await run(other, "ls a | wc -l; ls b | wc -l")).trim().split("\n").map(Number);
  expect(b).toBeGreaterThan(0);
  expect(a! - b!).toBeGreaterThanOrEqual(0);
  expect(a! - b!).toBeLessThanOrEqual(1);

  // A broken one changes nothing, and one with a path that leads out is refused.
  const broken = Readable.from([archive.subarray(0, archive.length / 2)]);
  await expect(other.workspace.import(broken, { replace: true })).rejects.toMatchObject({ code: "archive_invalid" });
  await expect(other.workspace.import(gzipSync("no tar at all"), { replace: true })).rejects.toMatchObject({ code: "archive_invalid" });
  expect(await run(other, "cat old.txt; ls -A | grep vitrine || true")).toBe("old");
  await other.workspace.import(archive, { replace: true });
  expect(await run(other, "cat app/.git/link; ls old.txt || echo gone; ls -A | grep vitrine || true")).toBe("kept\ngone\n");
});

test("an export that nobody reads any more leaves nothing in the guest", async () => {
  const computer = await smallComputer();
  await run(computer, "dd if=/dev/urandom of=big bs=1M count=64 conv=fsync");
  const archive = await computer.workspace.export();
  await new Promise((resolve) => archive.once("data", resolve));
  archive.destroy();
  await expect.poll(() => leftovers(computer), { timeout: 30_000 }).toBe("home\n");
  expect((await computer.exec("pgrep -x tar", { user: "root" })).exit_code).toBe(1);
});
