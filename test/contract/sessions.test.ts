import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { RFB_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { type Answer, startService, type TestService } from "../support/service.ts";
import { startFakeVnc } from "../unit/display/fake-vnc.ts";

let service: TestService;
let vnc: Awaited<ReturnType<typeof startFakeVnc>>;
let id: string;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
const start = async () => {
  service = await startService(dir, fakeFleet({ [RFB_PORT]: vnc.port }), { config: { apiKey: "the-operators-key" } });
};
beforeAll(async () => {
  vnc = await startFakeVnc();
  await start();
  id = (await service.call("POST", "/v1/computers", { name: "ada" })).body.id;
});
afterAll(async () => {
  await service.call("DELETE", `/v1/computers/${id}`);
  await service.close();
  vnc.close();
  rmSync(dir, { recursive: true });
});

const signIn = (key = service.apiKey, headers = {}) =>
  service.call("POST", "/v1/session", undefined, { headers: { Authorization: `Bearer ${key}`, ...headers } });
const cookieOf = ({ headers }: Answer) => headers.get("set-cookie")!.split(";")[0]!;
/** A browser's request, from one of the service's own pages unless told otherwise. */
const ask = async (cookie: string, method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
  const own = { Cookie: cookie, Origin: service.url, "Sec-Fetch-Site": "same-origin", ...headers };
  const sent = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== ""));
  const response = await fetch(service.url + path, { method, headers: sent, ...(body !== undefined && { body }) });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text.startsWith("{") ? JSON.parse(text) : text };
};
const refusal = ({ status, body }: { status: number; body: { error?: { code: string } } }) => [status, body.error?.code];
/** Opens a WebSocket; its status, and the code that it is closed with. */
const open = async (cookie: string, path: string, headers: Record<string, string> = { Origin: service.url }) => {
  const ws = new WebSocket(service.url.replace("http", "ws") + path, { headers: { Cookie: cookie, ...headers } });
  ws.on("error", () => {});
  const closed = once(ws, "close");
  const status = await Promise.race([
    once(ws, "open").then(() => 101),
    once(ws, "unexpected-response").then(([, { statusCode }]) => statusCode),
  ]);
  return { status, closed, end: () => ws.terminate() };
};

test("a key signs a browser in with a cookie that no script reads and no other site sends", async () => {
  const answer = await signIn();
  expect([answer.status, answer.body]).toEqual([
    201,
    { id: expect.stringMatching(/^ses_/), key_id: null, name: "operator", expires_at: expect.any(String) },
  ]);
  const port = new URL(service.url).port;
  expect(answer.headers.get("set-cookie")).toMatch(
    new RegExp(`^vitrine_session_${port}=ses_\\w+\\.[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Expires=`),
  );
  const secure = await signIn(service.apiKey, { "X-Forwarded-Proto": "https" });
  expect(secure.headers.get("set-cookie")).toContain("; Secure");
  const who = await ask(cookieOf(answer), "GET", "/v1/session");
  expect([who.status, who.body]).toEqual([200, answer.body]);
  expect((await service.call("GET", "/v1/session")).body).toEqual({ id: null, key_id: null, name: "operator", expires_at: null });
});

test("a session does what its key does, and makes no other session", async () => {
  const cookie = cookieOf(await signIn());
  expect((await ask(cookie, "GET", "/v1/computers")).body.data).toHaveLength(1);
  expect((await ask(cookie, "GET", "/metrics")).status).toBe(200);
  const patched = await ask(cookie, "POST", `/v1/computers/${id}/links`, {}, '{"power":"view"}');
  expect(patched.status).toBe(201);
  expect(refusal(await ask(cookie, "POST", "/v1/session"))).toEqual([401, "unauthorized"]);
  const { body: key } = await service.call("POST", "/v1/keys", { name: "bob" });
  const bobs = cookieOf(await signIn(key.key));
  expect((await ask(bobs, "GET", "/v1/session")).body).toMatchObject({ key_id: key.id, name: "bob" });
  expect((await ask(bobs, "GET", "/v1/computers")).body.data).toEqual([]);
  expect(refusal(await ask(bobs, "GET", "/metrics"))).toEqual([403, "operator_only"]);
  expect(refusal(await ask(bobs, "GET", `/v1/computers/${id}`))).toEqual([404, "computer_not_found"]);
});

test.each([
  ["another site's", "POST", { Origin: "http://evil.example" }],
  ["a port of the guest's", "POST", { Origin: "http://3000-ada.localhost" }],
  ["one that hides its origin", "POST", { Origin: "null" }],
  ["one without an origin", "POST", { Origin: "" }],
  ["a neighbour's that reads", "GET", { Origin: "", "Sec-Fetch-Site": "same-site" }],
  ["another site's that reads", "GET", { Origin: "", "Sec-Fetch-Site": "cross-site" }],
] as const)("a request of a page that is not ours is refused: %s", async (_, method, headers) => {
  const cookie = cookieOf(await signIn());
  const path = method === "GET" ? "/v1/computers" : `/v1/computers/${id}/links`;
  expect(refusal(await ask(cookie, method, path, headers, method === "GET" ? undefined : "{}"))).toEqual([403, "origin_forbidden"]);
});

test("a session opens the display, events and the live page's state, for our own pages alone", async () => {
  const cookie = cookieOf(await signIn());
  const display = `/v1/computers/${id}/display`;
  const own = await open(cookie, display);
  expect(own.status).toBe(101);
  own.end();
  for (const headers of [{}, { Origin: "http://evil.example" }, { Origin: service.url, "Sec-Fetch-Site": "same-site" }])
    expect((await open(cookie, display, headers as Record<string, string>)).status).toBe(403);
  expect((await open("", display)).status).toBe(401);
  const state = await fetch(`${service.url}/live/${id}/state`, { headers: { Cookie: cookie } });
  const { value } = await state.body!.pipeThrough(new TextDecoderStream()).getReader().read();
  expect(JSON.parse(value!.split("data: ")[1]!)).toMatchObject({ name: "ada", power: "control" });
});

test("signing out ends the session, what is open by it, and nothing of another", async () => {
  const [mine, other] = [cookieOf(await signIn()), cookieOf(await signIn())];
  const watched = await open(mine, `/v1/computers/${id}/display`);
  const events = await fetch(`${service.url}/v1/events?after=latest`, { headers: { Cookie: mine, Accept: "text/event-stream" } });
  const ended = events.text().then(
    () => "ended",
    () => "ended",
  );
  const out = await ask(mine, "DELETE", "/v1/session");
  expect(out.status).toBe(204);
  expect(out.headers.get("set-cookie")).toMatch(/^vitrine_session_\d+=; .*Expires=Thu, 01 Jan 1970/);
  await watched.closed;
  expect(await ended).toBe("ended");
  expect(refusal(await ask(mine, "GET", "/v1/session"))).toEqual([401, "unauthorized"]);
  expect((await ask(other, "GET", "/v1/session")).status).toBe(200);
  expect((await ask(other, "DELETE", "/v1/session", { Authorization: `Bearer ${service.apiKey}` })).status).toBe(204);
  expect((await ask(other, "GET", "/v1/session")).status).toBe(200);
});

test("a session that was made up or changed opens nothing, also beside a good one", async () => {
  const good = cookieOf(await signIn());
  const [name, value] = good.split("=") as [string, string];
  const changed = `${name}=${value.slice(0, -2)}${value.endsWith("AA") ? "BB" : "AA"}`;
  for (const cookie of [`${name}=`, `${name}=ses_aaaaaaaaaaaa.${"m".repeat(43)}`, changed])
    expect(refusal(await ask(cookie, "GET", "/v1/session")), cookie).toEqual([401, "unauthorized"]);
  expect((await ask(`${name}=ses_aaaaaaaaaaaa.${"m".repeat(43)}; ${good}`, "GET", "/v1/session")).status).toBe(200);
});

test("the end of a key ends its sessions", async () => {
  const { body: key } = await service.call("POST", "/v1/keys", { name: "short" });
  const cookie = cookieOf(await signIn(key.key));
  const events = await fetch(`${service.url}/v1/events?after=latest`, { headers: { Cookie: cookie, Accept: "text/event-stream" } });
  const ended = events.text().then(
    () => "ended",
    () => "ended",
  );
  await service.call("DELETE", `/v1/keys/${key.id}`);
  expect(await ended).toBe("ended");
  expect(refusal(await ask(cookie, "GET", "/v1/session"))).toEqual([401, "unauthorized"]);
});

test("a session outlives the service, but not the operator's key that it was made with", async () => {
  const cookie = cookieOf(await signIn());
  const [value] = cookie.split("=").slice(1);
  const again = async (apiKey: string) => {
    await service.close();
    service = await startService(dir, service.fleet, { config: { apiKey } });
    return (await ask(`vitrine_session_${new URL(service.url).port}=${value}`, "GET", "/v1/session")).status;
  };
  expect(await again("the-operators-key")).toBe(200);
  expect(await again("another-key")).toBe(401);
});

test("no session is in the log, and each use of one is told as its key's", async () => {
  const answer = await signIn();
  await ask(cookieOf(answer), "POST", `/v1/computers/${id}/links`, {}, '{"power":"view"}');
  expect(service.logged.join("\n")).not.toContain(cookieOf(answer).split("=")[1]);
  const { body } = await service.call("GET", "/v1/events?type=audit&limit=1000");
  expect(body.data).toContainEqual(
    expect.objectContaining({ actor: "operator", data: expect.objectContaining({ action: "createSession", made: [answer.body.id] }) }),
  );
});
