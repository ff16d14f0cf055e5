import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Renewal } from "../../../src/contract/guest/protocol.ts";
import { openGuest } from "../../../src/server/guest/open.ts";
import { soon, startAgent, type TestAgent } from "./agent.ts";

let agent: TestAgent | undefined;
let dir: string;
afterEach(async () => {
  await agent?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The agent with a helper that writes down what it was told, and an /etc of its own: this host stays what it is. */
const begin = async (answer: string) => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-renew-"));
  const helper = join(dir, "helper");
  writeFileSync(helper, `#!/bin/sh\necho ready\nread -r line || exit 0\necho "$line" > ${join(dir, "told")}\necho "${answer}"\n`);
  chmodSync(helper, 0o755);
  const etc = join(dir, "etc");
  mkdirSync(etc);
  writeFileSync(join(etc, "hosts"), "127.0.0.1 localhost\n127.0.1.1 template\n198.18.0.1 host.vitrine.internal\n");
  agent = await startAgent({ env: { VITRINE_AGENT_RENEW: helper, VITRINE_AGENT_ETC: etc } });
  return { agent, etc };
};
const renewal: Renewal = {
  secret: "another-secret-0123456789",
  hostname: "einstein",
  machine_id: "0123456789abcdef0123456789abcdef",
  entropy: Buffer.from("random").toString("base64"),
  session: "VITRINE_HOSTNAME='einstein'\nVITRINE_BROWSER='none'\n",
  timezone: "Asia/Tokyo",
  settings: { env: { A: "1" }, clock_ms: 1_700_000_000_123 },
  grow: { workspace: 4_294_967_296 },
  copy: false,
};

test("a renewed guest has another name, secret, clock, zone and environment, and speaks to who renewed it alone", async () => {
  const { agent: one, etc } = await begin("ok");
  const { guest, secret, socket, run } = one;
  const other = openGuest({ link: { path: socket }, secret });
  const kept = other.waitFor(() => false, soon(20_000)).catch((error) => error.code);
  await other.standby(false, soon());
  await guest.renew(() => renewal, soon());

  const [name, seconds, nanoseconds, hex, workspaceBytes] = readFileSync(join(dir, "told"), "utf8").trim().split(" ");
  expect([name, Buffer.from(hex!, "hex").toString()]).toEqual(["einstein", "random"]);
  expect(workspaceBytes).toBe("4294967296");
  const told = Number(seconds) * 1000 + Number(nanoseconds) / 1e6;
  expect(told).toBeGreaterThanOrEqual(1_700_000_000_123);
  expect(readFileSync(join(etc, "hostname"), "utf8")).toBe("einstein\n");
  expect(readFileSync(join(etc, "hosts"), "utf8")).toBe("127.0.0.1 localhost\n127.0.1.1 einstein\n198.18.0.1 host.vitrine.internal\n");
  expect(readFileSync(join(etc, "machine-id"), "utf8").trim()).toBe(renewal.machine_id);
  expect(readlinkSync(join(etc, "localtime"))).toBe("/usr/share/zoneinfo/Asia/Tokyo");
  expect(readFileSync(join(run, "session.env"), "utf8")).toBe(renewal.session);

  expect((await guest.exec({ argv: ["printenv", "A"], user: "ohm", timeout_ms: 10_000 }, soon())).stdout).toBe("1\n");
  // Whoever had the old secret is out, also on the connection that he had.
  expect(await kept).toBe("guest_unreachable");
  await expect(other.stat("/", soon())).rejects.toMatchObject({ code: "guest_unreachable" });
  other.close();

  // What it became outlives the agent.
  await one.kill();
  await one.start();
  expect((await guest.exec({ argv: ["printenv", "A"], user: "ohm", timeout_ms: 10_000 }, soon())).stdout).toBe("1\n");
});

test("a zone that stays is not set again, which every Chromium would notice", async () => {
  const { agent: one, etc } = await begin("ok");
  await one.guest.renew(() => renewal, soon());
  const { ino } = lstatSync(join(etc, "localtime"));
  await one.guest.renew(() => ({ ...renewal, hostname: "curie" }), soon());
  expect(readFileSync(join(etc, "hostname"), "utf8")).toBe("curie\n");
  expect(lstatSync(join(etc, "localtime")).ino).toBe(ino);
  await one.guest.renew(() => ({ ...renewal, timezone: "" }), soon());
  expect(readlinkSync(join(etc, "localtime"))).toBe("/usr/share/zoneinfo/Etc/UTC");
});

test("a renewal whose system calls fail is an error, and the secret stays", async () => {
  const { agent: one } = await begin("failed: clock_settime: Operation not permitted");
  await expect(one.guest.renew(() => renewal, soon())).rejects.toMatchObject({
    code: "guest_unreachable",
    details: { reason: expect.stringContaining("clock_settime") },
  });
  expect((await one.guest.stat("/", soon())).type).toBe("directory");
});

test("a guest that is saved alone has let go of the host", async () => {
  const { agent: one } = await begin("ok");
  await one.guest.stat("/", soon());
  // Without root the caches are left as they are; with it this host's would be dropped, which harms nothing.
  await one.guest.standby(true, soon());
  expect((await one.guest.stat("/", soon())).type).toBe("directory");
});
