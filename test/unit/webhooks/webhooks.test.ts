import { createServer } from "node:https";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Event } from "../../../src/contract/events.ts";
import { CreateWebhook } from "../../../src/contract/webhooks.ts";
import { OPERATOR } from "../../../src/server/auth/caller.ts";
import { generateId } from "../../../src/server/computers/names.ts";
import { realInternet } from "../../../src/server/egress/internet.ts";
import { openStore } from "../../../src/server/store/store.ts";
import { openTimeline } from "../../../src/server/timeline/timeline.ts";
import { openWebhooks } from "../../../src/server/webhooks/webhooks.ts";
import { computerRecord } from "../../support/computer-record.ts";
import { fakeInternet } from "../../support/internet.ts";
import { isSigned, receiver } from "../../support/receiver.ts";
import { listening, portOf } from "../../support/servers.ts";
import { tempDir } from "../../support/temp.ts";
import { TEST_TLS } from "../../support/tls.ts";

const soon = { timeout: 20_000 };
const log = { warn: vi.fn(), error: vi.fn() };
vi.setConfig({ testTimeout: 60_000 });
const KEY = { id: "key_a" } as never;

/** A timeline and what sends it, over a store of their own; `schedule` is fast, since what is tried is not how long it takes. */
const open = (dir = tempDir(), { attempts = 5, internet = realInternet as typeof realInternet } = {}) => {
  const store = openStore(dir);
  const timeline = openTimeline({ store: store.events, limits: { retentionS: 3600, perComputer: 1000 }, log });
  const webhooks = openWebhooks({
    store: store.webhooks,
    timeline,
    internet,
    generateId,
    emit: timeline.emit,
    log,
    schedule: { attempts, firstMs: 10, longestMs: 50 },
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    timeline.close();
    await webhooks.close();
    store.close();
  };
  onTestFinished(close);
  const emit = (computer_id: string, type: Event["type"] = "exec") => timeline.emit({ type, computer_id, data: {} });
  const create = (input: object, caller = OPERATOR) => webhooks.create(caller, CreateWebhook.parse(input));
  return { dir, store, timeline, webhooks, emit, create, close };
};

test("what happens from then on, in its order, signed; only the types that are wanted", async () => {
  const [all, some] = [await receiver(), await receiver()];
  const { emit, create, timeline } = open();
  emit("cmp_a");
  const { secret } = create({ url: all.url });
  create({ url: some.url, events: ["recording", "computer.status"] });
  for (const type of ["exec", "recording.ended", "computer.status", "action", "recording.started"] as const) emit("cmp_a", type);
  await expect.poll(() => all.seen.length, soon).toBe(5);
  await expect.poll(() => some.seen.length, soon).toBe(3);
  expect(all.ids()).toEqual([2, 3, 4, 5, 6]);
  expect(some.ids()).toEqual([3, 4, 6]);
  for (const one of all.seen) expect(isSigned(secret, one)).toBe(true);
  const [{ headers, event }] = all.seen as [(typeof all.seen)[0]];
  expect(headers).toMatchObject({ "content-type": "application/json", "webhook-id": expect.stringMatching(/^whk_\w{12}-2$/) });
  const [kept] = timeline.read({ keyId: null, after: 1, limit: 1 });
  expect(event).toEqual({ ...kept, timestamp: kept!.at });
});

test("what is not taken is sent again with the same id, before what comes after it", async () => {
  const hook = await receiver();
  hook.answer = (_request, response, nth) => void response.writeHead([500, 302, 404][nth - 1] ?? 200, { location: "/elsewhere" }).end();
  const { emit, create, store } = open();
  const { id } = create({ url: hook.url });
  emit("cmp_a");
  emit("cmp_b");
  await expect.poll(() => hook.ids(), soon).toEqual([1, 1, 1, 1, 2]);
  expect(new Set(hook.seen.map(({ headers }) => headers["webhook-id"])).size).toBe(2);
  await expect
    .poll(() => store.webhooks.get(id), soon)
    .toMatchObject({ position: 2, attempts: 0, next_attempt_at: null, last_error: null });
});

test("one that fails for too long is disabled, says why, and where another one can go on", async () => {
  const hook = await receiver();
  hook.answer = (_request, response) => void response.writeHead(503).end();
  const { emit, create, store, timeline, webhooks, dir, close } = open(tempDir(), { attempts: 3 });
  const { id } = create({ url: hook.url });
  emit("cmp_a");
  emit("cmp_a");
  await expect.poll(() => store.webhooks.get(id)?.disabled_at, soon).not.toBe(null);
  expect(webhooks.list(OPERATOR)).toMatchObject([{ id, position: 0, attempts: 3, next_attempt_at: null, last_error: "it answered 503" }]);
  expect(timeline.read({ types: ["webhook.disabled"], keyId: null, after: 0, limit: 9 })).toMatchObject([
    { computer_id: null, data: { webhook_id: id, reason: "it answered 503", position: 0 } },
  ]);
  await close();
  // It stays so.
  const next = open(dir);
  next.webhooks.resume();
  hook.answer = (_request, response) => void response.writeHead(200).end();
  next.create({ url: hook.url, events: ["exec"], after: 0 });
  await expect.poll(() => hook.ids(), soon).toEqual([1, 1, 1, 1, 2]);
});

test("410 disables at once", async () => {
  const hook = await receiver();
  hook.answer = (_request, response) => void response.writeHead(410).end();
  const { emit, create, store } = open();
  const { id } = create({ url: hook.url });
  emit("cmp_a");
  await expect.poll(() => store.webhooks.get(id), soon).toMatchObject({ attempts: 1, disabled_at: expect.any(String) });
  expect(hook.seen).toHaveLength(1);
});

test("a later service goes on after what was taken, counting the attempts of the earlier one", async () => {
  const hook = await receiver();
  const first = open(tempDir(), { attempts: 1000 });
  const { id } = first.create({ url: hook.url, events: ["exec"] });
  first.emit("cmp_a");
  await expect.poll(() => first.store.webhooks.get(id)?.position, soon).toBe(1);
  hook.answer = (_request, response) => void response.writeHead(500).end();
  first.emit("cmp_a");
  await expect.poll(() => first.store.webhooks.get(id)?.attempts, soon).toBeGreaterThan(1);
  await first.webhooks.close();
  const { attempts } = first.store.webhooks.get(id)!;
  await first.close();
  const before = hook.seen.length;
  const second = open(first.dir, { attempts: attempts + 2 });
  second.webhooks.resume();
  await expect.poll(() => second.store.webhooks.get(id)?.disabled_at, soon).not.toBe(null);
  expect(hook.distinct()).toEqual([1, 2]);
  expect(hook.seen.length).toBe(before + 2);
});

test("an answer that never comes, or never ends, holds nothing up for ever", async () => {
  const hook = await receiver();
  hook.answer = (_request, response) => {
    response.writeHead(200);
    const flood = () => {
      while (response.write(Buffer.alloc(64 * 1024)));
    };
    response.on("drain", flood).on("error", () => {});
    flood();
  };
  const { emit, create, store, close } = open();
  const { id } = create({ url: hook.url });
  emit("cmp_a");
  await expect.poll(() => store.webhooks.get(id)?.position, soon).toBe(1);
  hook.answer = () => {};
  emit("cmp_a");
  await expect.poll(() => hook.seen.length, soon).toBe(2);
  await close();
});

test("deleted, it is sent nothing more, also while an event is being tried again", async () => {
  const hook = await receiver();
  hook.answer = (_request, response) => void response.writeHead(500).end();
  const { emit, create, webhooks } = open(tempDir(), { attempts: 1000 });
  const { id } = create({ url: hook.url });
  emit("cmp_a");
  await expect.poll(() => hook.seen.length, soon).toBeGreaterThan(1);
  webhooks.remove(OPERATOR, id);
  const { length } = hook.seen;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(hook.seen.length).toBeLessThanOrEqual(length + 1);
  expect(() => webhooks.remove(OPERATOR, id)).toThrow("No webhook");
});

const some = { ...OPERATOR, id: "key_a", key: KEY };

test.each([
  "http://127.0.0.1:1/",
  "http://[::1]/",
  "http://0x7f.1/",
  "http://2130706433/",
  "http://localhost/",
  "http://a.localhost./",
  "http://169.254.169.254/latest",
  "http://10.0.0.1/",
  "http://[::ffff:127.0.0.1]/",
  "http://0.0.0.0/",
])("a key's webhook is not made for %s; the operator's is", (url) => {
  const { create } = open();
  expect(() => create({ url }, some)).toThrow(/private network/);
  expect(create({ url, events: ["webhook"] }).url).toBe(url);
});

test("a key's webhook that leads to a private address by name is not dialled, whatever the name was before", async () => {
  const hook = await receiver();
  const internet = fakeInternet();
  await internet.put(hook.server, "8.8.4.4", 80, "hooks.example");
  const { emit, create, store } = open(tempDir(), { internet, attempts: 100 });
  store.computers.insert(computerRecord("cmp_a", "ada", { key_id: some.id }));
  const { id } = create({ url: "http://hooks.example/" }, some);
  emit("cmp_a");
  await expect.poll(() => hook.ids(), soon).toEqual([1]);
  // Of another key.
  emit("cmp_b");
  internet.name("hooks.example", ["127.0.0.1", "10.1.2.3"]);
  emit("cmp_a");
  await expect.poll(() => store.webhooks.get(id)?.last_error, soon).toContain("private network");
  expect(internet.dialled).toEqual(["8.8.4.4:80"]);
  internet.name("hooks.example", ["127.0.0.1", "8.8.4.4"]);
  await expect.poll(() => hook.ids(), soon).toEqual([1, 3]);
  expect(internet.dialled).toEqual(["8.8.4.4:80", "8.8.4.4:80"]);
});

test("a certificate that nobody vouches for is refused", async () => {
  const server = await listening(createServer(TEST_TLS));
  const errors: unknown[] = [];
  server.on("tlsClientError", (error) => errors.push(error)).on("request", () => errors.push("it was sent something"));
  const { emit, create, store } = open();
  const { id } = create({ url: `https://127.0.0.1:${portOf(server)}/` });
  emit("cmp_a");
  await expect.poll(() => store.webhooks.get(id)?.last_error, soon).toMatch(/self-signed|certificate/);
  expect(errors).not.toContain("it was sent something");
});
