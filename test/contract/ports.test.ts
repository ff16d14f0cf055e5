import { once } from "node:events";
import { createServer, connect as dial } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Vitrine } from "../../src/client/index.ts";
import { ERRORS } from "../../src/contract/errors.ts";
import { oneComputer } from "../support/one-computer.ts";
import { cookieOf, type PortServer, refused, startPortServer, streamUnder, under, visitUnder } from "../support/port-server.ts";

const { service, computer } = await oneComputer("dev-box");
let app: PortServer;
beforeEach(async () => {
  app = await startPortServer();
});
afterEach(async () => {
  await computer.ports.unpublish(app.port);
  await app.close();
});

const host = (port = app.port) => `${port}-dev-box.localhost:${new URL(service.url).port}`;
const visit = (url: string) => visitUnder(service, url);
const socketUnder = (named: string, path: string, headers: Record<string, string> = {}) =>
  new WebSocket(service.url.replace("http", "ws") + path, { headers: { Host: named, ...headers } });
const closed = async (ws: WebSocket) => {
  const [code, reason] = await once(ws, "close");
  return [code, String(reason)];
};

test("a public port is a host of its own: all methods, bodies both ways, and nothing of ours in the guest", async () => {
  const published = await computer.ports.publish(app.port, { public: true });
  expect(published).toEqual({ port: app.port, url: `http://${host()}/`, public: true, link_url: null });
  expect((await computer.refresh()).published_ports).toEqual([published]);
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const body = method === "GET" ? undefined : "x".repeat(100_000);
    const { status, headers, body: text } = await under(service, host(), "/a//b?c=%20d&token=vite", { method, body });
    expect([status, JSON.parse(text)]).toEqual([200, { method, url: "/a//b?c=%20d&token=vite", body: body?.length ?? 0 }]);
    // What is the hop's stays there; our cookie is not the guest's to set.
    expect(headers).toMatchObject({ "x-own": "kept", "set-cookie": ["session=guest; Path=/"] });
    expect(headers["x-hop"]).toBeUndefined();
    expect(headers["keep-alive"]).toBeUndefined();
  }
  expect((await under(service, host(), "/", { method: "HEAD" })).body).toBe("");
  expect(await under(service, host(), "/empty")).toMatchObject({ status: 304, headers: { etag: '"a"' }, body: "" });

  app.asked.length = 0;
  const headers = {
    Cookie: "a=b; vitrine_link=secret; c=d",
    Authorization: "Bearer the-app's-own",
    "X-Forwarded-For": "6.6.6.6",
    Forwarded: "for=6.6.6.6",
    "X-Vitrine-Token": "secret",
    Connection: "close, X-Named",
    "X-Named": "1",
    "Proxy-Authorization": "secret",
    TE: "trailers",
    Expect: "100-continue",
  };
  await under(service, host(), "/headers", { method: "POST", headers, body: "hello" });
  await under(service, host(), "/key", { headers: { Authorization: "Bearer vtr_aaaaaaaaaaaa_secret" } });
  const [seen, withKey] = app.asked;
  expect(seen!.headers).toMatchObject({
    host: host(),
    cookie: "a=b; c=d",
    authorization: "Bearer the-app's-own",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": host(),
    "x-forwarded-proto": "http",
    connection: "close",
  });
  for (const name of ["x-named", "forwarded", "x-vitrine-token", "proxy-authorization", "te", "expect"])
    expect(seen!.headers[name], name).toBeUndefined();
  expect(JSON.stringify(withKey)).not.toContain("vtr_");
});

test("answers and bodies stream", async () => {
  await computer.ports.publish(app.port, { public: true });
  const events = await streamUnder(service, host(), "/events");
  expect(String((await once(events, "data"))[0])).toBe("data: first\n\n");
  events.destroy();
  await expect.poll(app.connections).toBe(0);

  const { hostname, port } = new URL(service.url);
  const client = dial(Number(port), hostname);
  client.write(`POST /echo HTTP/1.1\r\nHost: ${host()}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n`);
  let text = "";
  client.on("data", (chunk) => (text += chunk));
  await expect.poll(() => text).toContain("one");
  client.write("3\r\ntwo\r\n");
  await expect.poll(() => text).toContain("two");
  client.write("0\r\n\r\n");
  await expect.poll(() => text.endsWith("0\r\n\r\n")).toBe(true);
  // The connection to the service is kept for the next request.
  text = "";
  client.write(`GET /next HTTP/1.1\r\nHost: ${host()}\r\n\r\n`);
  await expect.poll(() => text).toContain('"url":"/next"');
  client.destroy();

  const broken = await streamUnder(service, host(), "/break");
  await once(broken, "aborted");
  refused(await under(service, host(), "/rude"), "port_failed");
});

test("a guarded port asks for its link: token for cookie, and the token is in no URL that follows", async () => {
  const { link_url, public: open } = await computer.ports.publish(app.port);
  expect(open).toBe(false);
  refused(await under(service, host(), "/"), "link_invalid");
  const page = await under(service, host(), "/", { headers: { Accept: "text/html" } });
  expect(page).toMatchObject({ status: 401, headers: { "content-type": "text/html; charset=utf-8", "referrer-policy": "no-referrer" } });
  expect(page.body).toContain(ERRORS.link_invalid[1]);

  const token = new URL(link_url!).searchParams.get("token")!;
  const path = `//evil.example/x?a=1&token=${token}&b=2`;
  const first = await under(service, host(), path);
  expect(first).toMatchObject({
    status: 302,
    body: "",
    headers: { location: `http://${host()}//evil.example/x?a=1&b=2`, "referrer-policy": "no-referrer", "cache-control": "no-store" },
  });
  const [set] = first.headers["set-cookie"]!;
  expect(set).toMatch(/^vitrine_link=lnk_[a-z0-9]{12}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
  expect(set).not.toContain(token.split(".")[1]);
  const cookie = cookieOf(first);
  const second = await under(service, host(), "/page", { headers: { Cookie: `mine=1; ${cookie}` } });
  expect(JSON.parse(second.body)).toMatchObject({ url: "/page" });
  expect(app.asked.at(-1)!.headers.cookie).toBe("mine=1");
  // Among others that a neighbour may have set.
  expect((await under(service, host(), "/", { headers: { Cookie: `vitrine_link=lnk_no.x; ${cookie}` } })).status).toBe(200);

  // Programs that keep no cookies: in a header, or with what is no page in the query.
  expect((await under(service, host(), "/api", { headers: { "X-Vitrine-Token": token } })).status).toBe(200);
  expect(app.asked.at(-1)!.headers["x-vitrine-token"]).toBeUndefined();
  expect(JSON.parse((await under(service, host(), `/api?x&token=${token}`, { method: "POST", body: "b" })).body)).toEqual({
    method: "POST",
    url: "/api?x",
    body: 1,
  });
  refused(await under(service, host(), "/", { headers: { Authorization: `Bearer ${service.apiKey}` } }), "link_invalid");
  expect(JSON.stringify(app.asked)).not.toContain(token);

  // A page of another computer's, or of anybody's, does not act with this cookie; it may lead here.
  const from = (headers: Record<string, string>) => under(service, host(), "/", { headers: { Cookie: cookie, ...headers } });
  refused(await from({ Origin: "http://8000-other.localhost" }), "link_invalid");
  refused(await from({ Origin: "null" }), "link_invalid");
  refused(await from({ "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors" }), "link_invalid");
  expect((await from({ "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" })).status).toBe(200);
  expect((await from({ Origin: `http://${host()}`, "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
});

test("WebSockets: with the cookie or the token, to the very path; others are refused", async () => {
  const { link_url } = await computer.ports.publish(app.port);
  const { search } = new URL(link_url!);
  const cookie = cookieOf(await visit(link_url!));
  for (const [path, headers] of [
    ["/hmr?token=vite", { Cookie: cookie, Origin: `http://${host()}` }],
    [`/hmr${search}`, {}],
  ] as const) {
    const ws = socketUnder(host(), path, headers);
    await once(ws, "open");
    ws.send("hello".repeat(50_000));
    expect(String((await once(ws, "message"))[0])).toHaveLength(250_000);
    ws.close(1000, "done");
    expect((await closed(ws))[0]).toBe(1000);
  }
  expect(app.asked.map(({ url }) => url)).toEqual(["/hmr?token=vite", "/hmr"]);
  expect(app.asked[0]!.headers).toMatchObject({ host: host(), origin: `http://${host()}`, "x-forwarded-host": host() });
  expect(app.asked[0]!.headers["sec-websocket-extensions"]).toBeUndefined();
  expect(app.asked[0]!.headers.cookie).toBeUndefined();

  const refusal = async (path: string, headers: Record<string, string>) => {
    const ws = socketUnder(host(), path, headers);
    const [, response] = await once(ws, "unexpected-response");
    let body = "";
    for await (const chunk of response) body += chunk;
    return { status: response.statusCode, headers: response.headers, body };
  };
  refused(await refusal("/hmr", {}), "link_invalid");
  refused(await refusal("/hmr", { Cookie: cookie, Origin: "http://evil.example" }), "link_invalid");
  // A server's own refusal is passed on.
  expect(await refusal("/refuse", { Cookie: cookie })).toMatchObject({ status: 418, body: "short", headers: { "x-own": "kept" } });
});

test("revoking the link, and taking the port away, end what they opened", async () => {
  await computer.ports.publish(app.port);
  const link = await computer.links.create("port", { port: app.port });
  expect(link.url).toBe(`http://${host()}/?token=${link.token}`);
  const cookie = { Cookie: cookieOf(await visit(link.url)) };
  const ws = socketUnder(host(), "/ws", cookie);
  await once(ws, "open");
  const stream = await streamUnder(service, host(), "/events", cookie);
  const cut = once(stream, "aborted");
  const end = closed(ws);
  await computer.links.revoke(link.link_id);
  expect(await end).toEqual([4003, "the link was revoked"]);
  await cut;
  refused(await under(service, host(), "/", { headers: cookie }), "link_invalid");
  await expect.poll(app.connections).toBe(0);

  // Public ones have no link, and end when the port is guarded again or taken away.
  for (const end of [() => computer.ports.publish(app.port), () => computer.ports.unpublish(app.port)]) {
    await computer.ports.publish(app.port, { public: true });
    const open = socketUnder(host(), "/ws");
    await once(open, "open");
    const gone = closed(open);
    await end();
    expect(await gone).toEqual([4003, "the port is not published any more"]);
  }
  refused(await under(service, host(), "/"), "link_invalid");
  // Its links are gone with it, also when it is published again.
  await computer.ports.publish(app.port);
  expect((await computer.links.list()).filter(({ power }) => power === "port").map(({ own }) => own)).toEqual([true]);
});

test("what opened with a link that expires is told so and ended", async () => {
  await computer.ports.publish(app.port);
  const link = await computer.links.create("port", { port: app.port, ttl_s: 2 });
  const first = await visit(link.url);
  expect(first.headers["set-cookie"]![0]).toContain(`; Expires=${new Date(link.expires_at).toUTCString()}`);
  const ws = socketUnder(host(), "/ws", { Cookie: cookieOf(first) });
  await once(ws, "open");
  const stream = await streamUnder(service, host(), "/events", { Cookie: cookieOf(first) });
  const cut = once(stream, "aborted");
  expect(await closed(ws)).toEqual([4001, "the link has expired"]);
  await cut;
  refused(await under(service, host(), "/", { headers: { Cookie: cookieOf(first) } }), "link_invalid");
}, 20_000);

test("a one-time port link gives one visitor a session that goes on", async () => {
  await computer.ports.publish(app.port);
  const link = await computer.links.create("port", { port: app.port, one_time: true });
  const cookie = { Cookie: cookieOf(await visit(link.url)) };
  const again = await visit(link.url);
  refused(again, "link_invalid");
  for (let i = 0; i < 2; i++) expect((await under(service, host(), "/", { headers: cookie })).status).toBe(200);
  await computer.links.revoke(link.link_id);
  refused(await under(service, host(), "/", { headers: cookie }), "link_invalid");
});

test("a port where nothing listens says so, and is waited for", async () => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  await computer.ports.publish(port, { public: true });
  refused(await under(service, host(port), "/"), "port_closed");
  const page = await under(service, host(port), "/", { headers: { Accept: "text/html,*/*" } });
  expect(page.body).toContain(`Nothing listens on port ${port} in the computer`);
  expect((await computer.ports.get(port)).listening).toBe(false);
  await expect(computer.ports.wait(port, { wait_s: 0.2 })).rejects.toMatchObject({ code: "timeout" });

  const waiting = computer.ports.wait(port);
  const server = createServer().listen(port, "127.0.0.1");
  expect(await waiting).toEqual({ port, url: `http://${host(port)}/`, public: true, link_url: null, listening: true });
  server.close();
  await computer.ports.unpublish(port);
  await expect(computer.ports.get(port)).rejects.toMatchObject({ code: "port_not_published" });
});

test("publishing: what is refused, repeated, listed, and there from the beginning", async () => {
  const path = `/v1/computers/${computer.id}/published-ports`;
  const codeOf = async (method: string, to: string, body?: unknown) => {
    const answer = await service.call(method, to, body);
    return [answer.status, answer.body?.error?.code];
  };
  for (const body of [{}, { port: 0 }, { port: 65536 }, { port: "80" }, { port: 80, open: true }])
    expect(await codeOf("POST", path, body)).toEqual([400, "invalid_request"]);
  for (const port of [9222, 5900, 7000]) expect(await codeOf("POST", path, { port })).toEqual([409, "port_not_publishable"]);
  expect(await codeOf("GET", `${path}/80`)).toEqual([404, "port_not_published"]);
  expect(await codeOf("GET", `${path}/http`)).toEqual([400, "invalid_request"]);
  expect(await codeOf("GET", `${path}/80?wait_s=601`)).toEqual([400, "invalid_request"]);
  expect(await codeOf("DELETE", `${path}/80`)).toEqual([204, undefined]);
  for (const [method, to] of [
    ["POST", "/v1/computers/nobody/published-ports"],
    ["GET", "/v1/computers/nobody/published-ports"],
    ["GET", "/v1/computers/nobody/published-ports/80"],
    ["DELETE", "/v1/computers/nobody/published-ports/80"],
  ] as const)
    expect(await codeOf(method, to, method === "POST" ? { port: 80 } : undefined)).toEqual([404, "computer_not_found"]);
  expect((await fetch(service.url + path)).status).toBe(401);

  const first = await computer.ports.publish(app.port);
  expect(await computer.ports.publish(app.port)).toEqual(first);
  expect(await computer.ports.list()).toEqual([first]);

  const events = (await computer.listEvents({ limit: 1000 })).data.filter(({ type }) => type.startsWith("port."));
  expect(events.at(-1)).toMatchObject({ type: "port.published", actor: "operator", data: { port: app.port, public: false } });
  expect(events.at(-2)).toMatchObject({ type: "port.unpublished" });

  const vitrine = new Vitrine(service);
  const born = await vitrine.computers.create({ published_ports: [3000, { port: 3001, public: true }] });
  expect(born.published_ports).toMatchObject([
    { port: 3000, public: false, link_url: expect.stringContaining(`http://3000-${born.name}.localhost:`) },
    { port: 3001, public: true, link_url: null },
  ]);
  await born.delete();
  expect((await vitrine.computers.get(born.id)).published_ports).toEqual([]);
  for (const published_ports of [[80, 80], [9222], [0], ["80"]])
    await expect(vitrine.computers.create({ published_ports: published_ports as number[] })).rejects.toMatchObject({
      code: expect.stringMatching(/^(invalid_request|port_not_publishable)$/),
    });
  const long = "a".repeat(60);
  await expect(vitrine.computers.create({ name: long, published_ports: [8000] })).rejects.toMatchObject({ code: "port_not_publishable" });
  await expect(vitrine.computers.get(long)).rejects.toMatchObject({ code: "computer_not_found" });
});

test("a stopped computer's port says so, and works again when it has started", async () => {
  const { link_url } = await computer.ports.publish(app.port);
  const cookie = cookieOf(await visit(link_url!));
  const ws = socketUnder(host(), "/ws", { Cookie: cookie });
  await once(ws, "open");
  const end = closed(ws);
  await computer.stop();
  expect(await end).toEqual([1001, "the computer has stopped"]);
  refused(await under(service, host(), "/", { headers: { Cookie: cookie } }), "wrong_state");
  await computer.start();
  expect((await under(service, host(), "/", { headers: { Cookie: cookie } })).status).toBe(200);
});
