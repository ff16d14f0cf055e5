import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Computer, Vitrine } from "../../src/client/index.ts";
import { cookieOf, type PortServer, refused, startPortServer, under, visitUnder } from "../support/port-server.ts";
import { startService, type TestService } from "../support/service.ts";

let service: TestService;
let computer: Computer;
let app: PortServer;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
beforeAll(async () => {
  service = await startService(dir, undefined, { config: { domain: "computers.example" } });
  computer = await new Vitrine(service).computers.create({ name: "dev-box" });
  app = await startPortServer();
});
afterAll(async () => {
  await computer?.delete();
  await service?.close();
  await app?.close();
  rmSync(dir, { recursive: true });
});

const host = (port = app.port) => `${port}-dev-box.localhost:${new URL(service.url).port}`;
const visit = (url: string) => visitUnder(service, url);

test("a port's host leads to that port of that computer alone, and never to the service", async () => {
  const other = await new Vitrine(service).computers.create({ name: "other" });
  try {
    const { link_url } = await computer.ports.publish(app.port);
    const cookie = cookieOf(await visit(link_url!));
    const { search } = new URL(link_url!);
    await other.ports.publish(app.port);
    const elsewhere = host().replace("dev-box", "other");
    for (const [named, path] of [
      [elsewhere, `/${search}`],
      [elsewhere, "/"],
      [host(app.port === 80 ? 81 : 80), "/"],
      [host().replace("dev-box", "nobody"), "/"],
    ] as const)
      refused(await under(service, named, path, { headers: { Cookie: cookie } }), "link_invalid");

    // The service's own paths are the guest's there.
    for (const path of ["/v1/computers", "/healthz", "/docs", "/openapi.json", `/v1/computers/${computer.id}/cdp`])
      expect(JSON.parse((await under(service, host(), path, { headers: { Cookie: cookie } })).body).url).toBe(path);
    refused(await under(service, host(), "/v1/computers", { headers: { Authorization: `Bearer ${service.apiKey}` } }), "link_invalid");
    refused(await under(service, host(), "http://127.0.0.1/v1/computers", { headers: { Cookie: cookie } }), "invalid_request");

    // A page of the guest's calls the service: the Origin is not the service's.
    const service_host = new URL(service.url).host;
    const page = { Origin: `http://${host()}`, Authorization: `Bearer ${service.apiKey}` };
    refused(await under(service, service_host, "/v1/computers", { headers: page }), "origin_forbidden");
    const live = new URL(computer.live_url!);
    refused(await under(service, service_host, `${live.pathname}/state${live.search}`, { headers: page }), "origin_forbidden");
    // Another power's token opens no port.
    refused(await under(service, host(), `/${new URL(computer.cdp_url!).search}`), "power_missing");
    // And the port's opens nothing else.
    for (const path of [`/live/${computer.id}/state`, `/v1/computers/${computer.id}/cdp/json/version`])
      refused(await under(service, service_host, `${path}${search}`), "power_missing");
    refused(await under(service, service_host, `/v1/computers/${computer.id}/files/list${search}&path=/tmp`), "power_missing");
    refused(await under(service, service_host, `/live/${computer.id}/state`, { headers: { Cookie: cookie } }), "link_invalid");
  } finally {
    await other.delete();
  }
});

test("under VITRINE_DOMAIN the same port has the same rules, and nothing else of the domain is served", async () => {
  await computer.ports.publish(app.port, { public: true });
  expect((await under(service, `${app.port}-dev-box.computers.example`, "/x")).status).toBe(200);
  expect(app.asked.at(-1)!.headers.host).toBe(`${app.port}-dev-box.computers.example`);
  for (const named of [
    "computers.example",
    "dev-box.computers.example",
    `${app.port}-dev-box.evil.example`,
    `a.${app.port}-dev-box.computers.example`,
  ])
    refused(await under(service, named, "/healthz"), "host_forbidden");
});

test("smuggled and ambiguous requests are refused or are one request", async () => {
  await computer.ports.publish(app.port, { public: true });
  const { hostname, port } = new URL(service.url);
  const say = async (text: string): Promise<string> => {
    const client = dial(Number(port), hostname);
    client.write(text);
    let answer = "";
    for await (const chunk of client) answer += chunk;
    return answer;
  };
  const head = `POST / HTTP/1.1\r\nHost: ${host()}\r\nConnection: close\r\n`;
  const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const framing of [
    `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello${smuggled}`,
    `Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`,
    `Content-Length: +5\r\n\r\nhello${smuggled}`,
  ])
    expect(await say(head + framing), framing).toMatch(/^HTTP\/1\.1 400 /);
  expect(app.asked.map(({ url }) => url)).not.toContain("/smuggled");

  // The body's length cannot be hidden by naming it for the hop, nor a body go without one.
  app.asked.length = 0;
  const hidden = head.replace("Connection: close", "Connection: close, Content-Length");
  expect(await say(`${hidden}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`)).toContain(`"body":${smuggled.length}`);
  const chunked = `DELETE / HTTP/1.1\r\nHost: ${host()}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
  expect(await say(`${chunked}${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`)).toContain(`"body":${smuggled.length}`);
  // Two hosts: the first counts, for us and for the guest.
  await say(`GET /two HTTP/1.1\r\nHost: ${host()}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
  for (const { raw } of app.asked) expect(raw.filter((_, i) => i % 2 === 0 && raw[i]!.toLowerCase() === "host")).toHaveLength(1);
  expect(app.asked.map(({ url }) => url)).not.toContain("/smuggled");
});

test("with its key a computer's ports pass to the operator: nothing is public any more, and old links open nothing", async () => {
  const { key, id } = (await service.call("POST", "/v1/keys", { name: "team" })).body;
  const theirs = await new Vitrine({ url: service.url, apiKey: key }).computers.create({ name: "theirs" });
  const there = host().replace("dev-box", "theirs");
  await theirs.ports.publish(app.port, { public: true });
  const ws = new WebSocket(`${service.url.replace("http", "ws")}/ws`, { headers: { Host: there } });
  await once(ws, "open");
  const ended = once(ws, "close");
  expect((await service.call("DELETE", `/v1/keys/${id}`)).status).toBe(204);
  expect((await ended)[0]).toBe(4003);
  refused(await under(service, there, "/"), "link_invalid");
  const now = await new Vitrine(service).computers.get(theirs.id);
  expect(now.published_ports).toMatchObject([{ port: app.port, public: false, link_url: expect.stringContaining("token=") }]);
  const cookie = cookieOf(await visit(now.published_ports[0]!.link_url!));
  expect((await under(service, there, "/", { headers: { Cookie: cookie } })).status).toBe(200);
  await now.delete();
});
