import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { CDP_PORT } from "../../src/contract/guest/protocol.ts";
import { MAX_PROFILES } from "../../src/contract/profiles.ts";
import { startFakeChromium } from "../support/fake-chromium.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let vitrine: Vitrine;
/** It has no cookies to tell. */
let chromium: Awaited<ReturnType<typeof startFakeChromium>>;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  chromium = await startFakeChromium();
  service = await startService(dir, fakeFleet({ [CDP_PORT]: chromium.port }));
  vitrine = new Vitrine(service);
});
afterAll(async () => {
  await service.close();
  await chromium.close();
  rmSync(dir, { recursive: true });
});

type Use = string | { name: string; save?: boolean };
const make = async (profile: Use, client = vitrine): Promise<Computer> => {
  const computer = await client.computers.create({ browser: { profile } });
  onTestFinished(() => vitrine.computers.delete(computer.id));
  return computer;
};
/** What stands for the profile of the computer's Chromium. */
const fileOf = ({ id }: Computer) => join(dir, "computers", id, "profile/knows");
const know = (computer: Computer, what: string) => writeFileSync(fileOf(computer), what);
const knows = (computer: Computer) => readFileSync(fileOf(computer), "utf8");
const calls = ({ id }: Computer) =>
  readFileSync(join(dir, "computers", id, "profile.calls"), "utf8")
    .trim()
    .split("\n");
const events = async (computer: Computer) =>
  (await vitrine.listEvents({ computer: computer.id })).data.filter(({ type }) => /profile|crash/.test(type));

/** A first computer's profile, as it begins: a new name has nothing to bring. */
const begin = async (name: string): Promise<Computer> => {
  const computer = await make(name);
  know(computer, "one");
  return computer;
};

test("a profile goes from one computer to the next: kept when it is deleted, brought when another is made", async () => {
  const first = await begin("logins");
  expect(await vitrine.profiles.list(), "it is made when it is kept").toEqual([]);
  await first.delete();
  expect(await events(first)).toMatchObject([{ type: "profile.saved", data: { profile: "logins", size_bytes: expect.any(Number) } }]);

  const second = await make("logins");
  expect([knows(second), calls(second)]).toEqual(["one", ["closed", "opened"]]);
  expect(second.ready_phases).toHaveProperty("profile");
  expect(await vitrine.profiles.get("logins")).toMatchObject({ name: "logins", key_id: null, computer_id: second.id });
  know(second, "two");
  await second.delete();
  const third = await make("logins");
  expect(knows(third)).toBe("two");
  expect(await events(third), "that its Chromium is started anew is no crash").toEqual([]);
});

test("a shutdown keeps it with Chromium ended, a suspend with Chromium going on; a start brings nothing", async () => {
  const computer = await begin("stops");
  await computer.stop();
  expect((await vitrine.profiles.get("stops")).computer_id, "it has it while it is there").toBe(computer.id);
  await computer.start();
  know(computer, "newer");
  await computer.stop({ mode: "shutdown" });
  expect(calls(computer), "Chromium is ended for the shutdown alone").toEqual(["closed"]);
  await computer.start();
  expect(knows(computer)).toBe("newer");
  await computer.delete();
  expect(knows(await make("stops"))).toBe("newer");
});

test("one computer keeps a profile; others may begin with it as it was kept last", async () => {
  const keeper = await begin("shared");
  await expect(make("shared")).rejects.toMatchObject({
    code: "profile_in_use",
    status: 409,
    message: expect.stringContaining(keeper.name),
  });
  await expect(make({ name: "shared", save: false }), "nothing is kept yet").rejects.toMatchObject({
    code: "profile_not_found",
    status: 404,
  });
  await expect(vitrine.profiles.delete("shared")).rejects.toMatchObject({ code: "profile_in_use" });
  await keeper.stop();
  const readers = [await make({ name: "shared", save: false }), await make({ name: "shared", save: false })];
  for (const reader of readers) know(reader, "gone with it");
  for (const reader of readers) await reader.delete();
  const [copy] = await keeper.fork({ count: 1 });
  onTestFinished(() => copy!.delete());
  await copy!.delete();
  await keeper.delete();
  expect(await events(copy!), "a copy keeps nothing").toEqual([]);
  expect(knows(await make("shared"))).toBe("one");
});

test("a profile is its key's; the operator sees all, those of a revoked key too", async () => {
  const { id, key } = await vitrine.keys.create({ name: "ada" });
  const ada = new Vitrine({ url: service.url, apiKey: key });
  for (const [client, what] of [
    [vitrine, "mine"],
    [ada, "hers"],
  ] as const) {
    const computer = await make("work", client);
    know(computer, what);
    await computer.delete();
  }
  expect((await ada.profiles.list()).map(({ name, key_id }) => [name, key_id])).toEqual([["work", id]]);
  expect((await vitrine.profiles.list()).filter(({ name }) => name === "work")).toHaveLength(2);
  expect(knows(await make("work", ada))).toBe("hers");
  await vitrine.keys.revoke(id);
  expect((await vitrine.profiles.get("work", { key_id: id })).key_id).toBe(id);
  await expect(vitrine.profiles.delete("work", { key_id: id }), "her computer has it still").rejects.toMatchObject({
    code: "profile_in_use",
  });
  await vitrine.profiles.delete("work");
  await vitrine.profiles.delete("work");
  await expect(vitrine.profiles.get("work")).rejects.toMatchObject({ code: "profile_not_found" });
});

test("one that cannot be kept is what it was, is told, and holds up nothing", async () => {
  const first = await begin("fails");
  await first.delete();
  const second = await make("fails");
  // The program has nothing to pack.
  rmSync(join(dir, "computers", second.id, "profile.sh"));
  await second.delete();
  expect(await events(second)).toMatchObject([{ type: "profile.failed", data: { profile: "fails", reason: expect.any(String) } }]);
  expect(knows(await make("fails"))).toBe("one");
  expect(readdirSync(join(dir, "profiles/operator")).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("one that the guest cannot unpack fails the create, which leaves nothing", async () => {
  writeFileSync(join(dir, "profiles/operator/torn.tar.gz"), "no archive");
  await expect(make("torn")).rejects.toMatchObject({ code: "archive_invalid" });
  expect((await vitrine.profiles.get("torn")).computer_id, "it is free for the next").toBeNull();
});

test("no more profiles are made than one may have; those that are there go on", async () => {
  const full = Array.from({ length: MAX_PROFILES }, (_, i) => join(dir, `profiles/operator/full-${i}.tar.gz`));
  for (const file of full) writeFileSync(file, "");
  onTestFinished(() => full.forEach((file) => void rmSync(file)));
  await expect(make("one-more")).rejects.toMatchObject({ code: "too_many_profiles", status: 409 });
  await make("logins");
});

test.each([
  ["a name with capitals", { profile: "Logins" }],
  ["a name that is a path", { profile: "../operator" }],
  ["an empty name", { profile: "" }],
  ["one that is not told whether to save", { profile: { save: true } }],
])("%s is refused", async (_, browser) => {
  expect((await service.call("POST", "/v1/computers", { browser })).body.error).toMatchObject({ code: "invalid_request" });
});

test("a computer without a browser has no profile", async () => {
  const { status, body } = await service.call("POST", "/v1/computers", { template: "scratch", browser: { profile: "logins" } });
  expect([status, body.error.code]).toEqual([400, "unsupported_option"]);
});
