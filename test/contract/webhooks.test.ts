import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Vitrine } from "../../src/client/index.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { isSigned, receiver } from "../support/receiver.ts";
import { startService, type TestService } from "../support/service.ts";

vi.setConfig({ testTimeout: 60_000 });
/** For what comes by itself. */
const soon = { timeout: 30_000 };

let service: TestService;
let vitrine: Vitrine;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const begin = async () => {
  service = await startService(dir, fakeFleet());
  vitrine = new Vitrine(service);
};
beforeAll(begin);
afterAll(async () => {
  for await (const one of vitrine.computers.all()) await one.delete();
  await service.close();
  rmSync(dir, { recursive: true });
});
const statuses = ({ seen }: Awaited<ReturnType<typeof receiver>>) => seen.map(({ event }) => event.data.status);

test("the life of a computer comes to a URL, signed; the secret is shown once and nowhere else", async () => {
  const hook = await receiver();
  const made = await vitrine.webhooks.create({ url: hook.url, events: ["computer"] });
  expect(made).toMatchObject({ id: expect.stringMatching(/^whk_/), status: "active", attempts: 0, last_error: null, delivered_at: null });
  expect(made.secret).toMatch(/^whsec_[\w+/]{43}=$/);
  const own = await vitrine.webhooks.create({ url: hook.url, events: ["webhook."], secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
  expect(own.secret).toBe("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const { id } = await vitrine.computers.create({ template: "scratch" });
  await vitrine.computers.delete(id);
  await expect.poll(() => statuses(hook), soon).toEqual(["creating", "running", "deleting", "deleted"]);
  for (const one of hook.seen) expect(isSigned(made.secret, one)).toBe(true);
  await expect
    .poll(async () => (await vitrine.webhooks.list()).map((one) => [one.id, one.position]), soon)
    .toEqual([
      [own.id, own.position],
      [made.id, hook.ids().at(-1)],
    ]);
  const list = await service.call("GET", "/v1/webhooks");
  expect(JSON.stringify(list.body) + service.logged.join()).not.toContain(made.secret.slice(6));
  expect((await service.call("POST", "/v1/webhooks", { url: hook.url })).headers.get("cache-control")).toBe("no-store");
  expect(statSync(join(dir, "vitrine.db")).mode & 0o777).toBe(0o600);
  for (const one of await vitrine.webhooks.list()) await vitrine.webhooks.delete(one.id);
  await expect(vitrine.webhooks.delete(made.id)).rejects.toMatchObject({ code: "webhook_not_found" });
});

test("what happens while the receiver or the service is away comes when both are back, each event once, in order", async () => {
  const hook = await receiver();
  hook.answer = (_request, response) => void response.writeHead(500).end();
  const { id } = await vitrine.webhooks.create({ url: hook.url, events: ["computer.status"] });
  const one = await vitrine.computers.create({ template: "scratch" });
  await one.delete();
  await expect.poll(() => hook.seen.length, soon).toBeGreaterThan(0);
  const [listed] = await vitrine.webhooks.list();
  expect(listed).toMatchObject({ id, status: "active", last_error: "it answered 500", next_attempt_at: expect.any(String) });
  await service.close();
  const before = hook.seen.splice(0).length;
  hook.answer = (_request, response) => void response.writeHead(200).end();
  await begin();
  await expect.poll(() => statuses(hook), soon).toEqual(["creating", "running", "deleting", "deleted"]);
  expect(before).toBeGreaterThan(0);
  await service.close();
  await begin();
  const two = await vitrine.computers.create({ template: "scratch" });
  await expect.poll(() => statuses(hook).slice(4), soon).toEqual(["creating", "running"]);
  await two.delete();
  await vitrine.webhooks.delete(id);
});

test("a key has its own computers' events and webhooks alone, none on the host's networks, and none when it is revoked", async () => {
  const [{ id: keyId, key }, { key: other }] = [await vitrine.keys.create({ name: "a" }), await vitrine.keys.create({ name: "b" })];
  const [ada, bob] = [new Vitrine({ url: service.url, apiKey: key }), new Vitrine({ url: service.url, apiKey: other })];
  for (const url of ["http://127.0.0.1:9/", service.url, "http://localhost/", "http://[fd00:ec2::254]/"])
    await expect(ada.webhooks.create({ url })).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("private network"),
    });
  // Nothing happens that it would tell.
  const made = await ada.webhooks.create({ url: "https://192.0.33.8/", events: ["webhook"] });
  expect(await bob.webhooks.list()).toEqual([]);
  expect(await vitrine.webhooks.list()).toMatchObject([{ id: made.id }]);
  await expect(bob.webhooks.delete(made.id)).rejects.toMatchObject({ code: "webhook_not_found" });
  await vitrine.keys.revoke(keyId);
  expect(await vitrine.webhooks.list()).toEqual([]);
});

test("no more than fifty of a key", async () => {
  const { key } = await vitrine.keys.create({ name: "many" });
  const { webhooks } = new Vitrine({ url: service.url, apiKey: key });
  const create = () => webhooks.create({ url: "https://192.0.33.8/", events: ["webhook"] });
  for (let i = 0; i < 50; i++) await create();
  await expect(create()).rejects.toMatchObject({ code: "quota_exceeded", details: { limit: 50 } });
  for (const { id } of await webhooks.list()) await webhooks.delete(id);
});

test.each([
  [{}, "url"],
  [{ url: "ftp://example.com/" }, "http or https"],
  [{ url: "example.com" }, "http or https"],
  [{ url: "http://a:b@example.com/" }, "user and password"],
  [{ url: `http://example.com/${"a".repeat(2000)}` }, "url"],
  [{ url: "http://example.com/", events: ["nonsense"] }, "events"],
  [{ url: "http://example.com/", events: [""] }, "events"],
  [{ url: "http://example.com/", events: "exec" }, "events"],
  [{ url: "http://example.com/", secret: "hunter2" }, "whsec_"],
  [{ url: "http://example.com/", secret: "whsec_c2hvcnQ=" }, "24 to 64"],
  [{ url: "http://example.com/", after: -1 }, "after"],
  [{ url: "http://example.com/", retries: 1 }, "retries"],
])("%j is refused", async (body, message) => {
  const answer = await service.call("POST", "/v1/webhooks", body);
  expect([answer.status, answer.body.error.code]).toEqual([400, "invalid_request"]);
  expect(answer.body.error.message).toContain(message);
  expect(answer.body.error.message).not.toContain("hunter2");
});
