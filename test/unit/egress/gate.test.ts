import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, request } from "node:http";
import { createServer } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { expect, test } from "vitest";
import { NetworkPolicy } from "../../../src/contract/network.ts";
import { ends, listening, portOf } from "../../support/servers.ts";
import { all, closed, testGate } from "./gate-driver.ts";
import { clientKey, serverKey } from "./psk.ts";

const echo = () => ends(createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)));
const greeter = () => ends(createServer((socket) => void socket.write("220 hello\r\n")));
const web = (name: string) => ends(createHttpServer((incoming, answer) => answer.end(`${name} ${incoming.headers.host} ${incoming.url}`)));
const tls = (name: string) => ends(createTlsServer(serverKey, (socket) => socket.end(`${name} over TLS`)));
const secure = (socket: Duplex, servername?: string) =>
  connectTls({ socket, ...(servername && { servername }), ...clientKey }).on("error", () => {});
const get = (host: string, path = "/", more = "") => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

test("open: a public address is reached, both halves by themselves, and counted", async () => {
  const { internet, dial, gate, events } = testGate();
  await internet.put(echo(), "93.184.215.14", 7);
  const stream = dial("93.184.215.14", 7);
  stream.end("x".repeat(200_000));
  expect((await all(stream)).length).toBe(200_000);
  await expect
    .poll(() => gate.traffic())
    .toEqual([{ name: "93.184.215.14", connections: 1, sent_bytes: 200_000, received_bytes: 200_000 }]);
  expect(events).toEqual([]);
});

test("open: a server that speaks first is heard, and traffic has the name that was asked for", async () => {
  const { internet, dial, ask, gate } = testGate({ deny: ["ads.test"] });
  await internet.put(greeter(), "93.184.215.15", 25, "mail.test");
  expect(await ask("mail.test")).toMatchObject({ rcode: "NOERROR", data: ["93.184.215.15"] });
  const stream = dial("93.184.215.15", 25);
  const [chunk] = await once(stream, "data");
  expect(String(chunk)).toBe("220 hello\r\n");
  expect(gate.traffic()).toMatchObject([{ name: "mail.test", received_bytes: 11 }]);
});

test("open: a denied name is neither answered nor reached by its SNI or Host", async () => {
  const { internet, dial, ask, rules } = testGate({ deny: ["*.ads.test"] });
  await internet.put(web("ads"), "93.184.215.16", 80, "x.ads.test");
  await internet.put(tls("ads"), "93.184.215.16", 443);
  expect(await ask("x.ads.test")).toMatchObject({ rcode: "NXDOMAIN" });
  expect(internet.asked).toEqual([]);
  const plain = dial("93.184.215.16", 80);
  plain.write(get("x.ads.test"));
  expect(String(await all(plain))).toBe("");
  const raw = dial("93.184.215.16", 443);
  secure(raw, "x.ads.test");
  await closed(raw);
  expect(rules()).toEqual(["deny", "deny", "deny"]);
});

test.each([
  ["127.0.0.1", "floor"],
  ["::ffff:127.0.0.1", "floor"],
  ["169.254.169.254", "floor"],
  ["10.1.2.3", "floor"],
  ["100.64.0.1", "floor"],
  ["fd00::1", "floor"],
  ["64:ff9b::7f00:1", "floor"],
  ["2130706433", "address"],
  ["0x7f000001", "address"],
  ["0177.0.0.1", "address"],
  ["127.1", "address"],
  ["fe80::1%eth0", "address"],
  ["localhost", "address"],
  ["", "address"],
])("the address %j is refused in every mode, and told", async (address, rule) => {
  for (const policy of [{}, { mode: "restricted", allow: ["*"], allow_cidrs: ["0.0.0.0/0", "::/0"] }] satisfies Partial<NetworkPolicy>[]) {
    const { internet, dial, events } = testGate(policy);
    await closed(dial(address, 80));
    expect(internet.dialled).toEqual([]);
    expect(events).toMatchObject([{ type: "egress.refused", computer_id: "cmp_test", data: { rule, address, port: 80, protocol: "tcp" } }]);
  }
});

test("off: nothing leaves, not even a question; a named host port is reached", async () => {
  const host = await listening(createServer((socket) => socket.end("host")));
  const { internet, dial, ask, rules } = testGate({ mode: "off", host_ports: [portOf(host)] });
  await internet.put(echo(), "93.184.215.14", 7, "echo.test");
  expect(await ask("echo.test")).toMatchObject({ rcode: "NXDOMAIN" });
  await closed(dial("93.184.215.14", 7));
  expect(internet.asked).toEqual([]);
  expect(internet.dialled).toEqual([]);
  expect(rules()).toEqual(["off", "off"]);
  expect(await ask("host.vitrine.internal")).toMatchObject({ rcode: "NOERROR", data: ["198.18.0.1"] });
  expect(String(await all(dial("198.18.0.1", portOf(host))))).toBe("host");
});

test("host ports: what is not named, and the service itself, are refused", async () => {
  const own = await listening(createServer((socket) => socket.end("service")));
  const { dial, events, internet } = testGate({ host_ports: [portOf(own)] }, { ownPort: portOf(own) });
  await closed(dial("198.18.0.1", portOf(own)));
  await closed(dial("198.18.0.1", 1));
  expect(internet.dialled).toEqual([]);
  expect(events.map(({ data }) => data)).toMatchObject([
    { rule: "host_ports", name: "host.vitrine.internal", reason: "the service's own port" },
    { rule: "host_ports", port: 1 },
  ]);
});

test("rebinding: a name that answers with the host's own networks gets nothing", async () => {
  const { internet, ask, dial, events } = testGate({ mode: "restricted", allow: ["*.evil.test"], allow_cidrs: ["10.1.0.0/16"] });
  internet.name("a.evil.test", ["93.184.215.17", "127.0.0.1", "10.2.0.1", "::ffff:169.254.169.254", "10.1.0.1"]);
  expect((await ask("a.evil.test")).data).toEqual(["93.184.215.17", "10.1.0.1"]);
  expect(events.map(({ data }) => [data?.rule, data?.address])).toEqual([
    ["rebinding", "127.0.0.1"],
    ["rebinding", "10.2.0.1"],
    ["rebinding", "169.254.169.254"],
  ]);
  await closed(dial("127.0.0.1", 80));
  expect(internet.dialled).toEqual([]);
});

test("restricted: SNI must be allowed and have been answered with the address", async () => {
  const { internet, ask, dial, rules, gate } = testGate({ mode: "restricted", allow: ["good.test", "other.test"] });
  await internet.put(tls("good"), "93.184.215.20", 443, "good.test");
  internet.name("other.test", ["93.184.215.21"]);
  await ask("good.test");
  await ask("other.test");
  expect(await text(secure(dial("93.184.215.20", 443), "good.test"))).toBe("good over TLS");
  for (const [name, rule] of [
    ["evil.test", "allow"],
    ["other.test", "mismatch"],
    [undefined, "nameless"],
  ] as const) {
    const raw = dial("93.184.215.20", 443);
    secure(raw, name);
    await closed(raw);
    expect(rules().at(-1)).toBe(rule);
  }
  expect(gate.traffic()).toMatchObject([{ name: "good.test", connections: 1 }]);
});

test("restricted: an address that is not known yet is asked for by the name that is said", async () => {
  const { internet, dial, rules } = testGate({ mode: "restricted", allow: ["good.test"] });
  await internet.put(tls("good"), "93.184.215.20", 443, "good.test");
  await internet.put(tls("bad"), "93.184.215.30", 443);
  expect(await text(secure(dial("93.184.215.20", 443), "good.test"))).toBe("good over TLS");
  const raw = dial("93.184.215.30", 443);
  secure(raw, "good.test");
  await closed(raw);
  expect(rules()).toEqual(["mismatch"]);
  expect(internet.dialled).toEqual(["93.184.215.20:443"]);
});

test("restricted: each request of a kept connection is judged", async () => {
  const { internet, ask, dial, rules } = testGate({ mode: "restricted", allow: ["good.test"] });
  await internet.put(web("good"), "93.184.215.20", 80, "good.test");
  await ask("good.test");
  const stream = dial("93.184.215.20", 80);
  let got = "";
  stream.on("data", (chunk) => (got += chunk));
  stream.write(get("good.test", "/1"));
  await expect.poll(() => got).toContain("good good.test /1");
  stream.write(get("GOOD.test:80", "http://good.test/2"));
  await expect.poll(() => got).toContain("/2");
  expect(internet.dialled).toHaveLength(1);
  stream.write(get("evil.test", "/3"));
  await closed(stream);
  expect(got).not.toContain("/3");
  expect(rules()).toEqual(["allow"]);
});

test.each([
  ["another host in the target", get("good.test", "http://evil.test/"), "nameless"],
  ["two hosts", get("good.test", "/", "Host: evil.test\r\n"), "nameless"],
  ["no host", "GET / HTTP/1.0\r\n\r\n", "nameless"],
  ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "protocol"],
  [
    "an upgrade to it",
    get("good.test", "/", "Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
    "protocol",
  ],
  ["CONNECT", "CONNECT good.test:80 HTTP/1.1\r\nHost: good.test\r\n\r\n", "protocol"],
  ["something else", "\x01\x02\x03", "protocol"],
])("restricted: %s on port 80 is refused", async (_, bytes, rule) => {
  const { internet, ask, dial, rules } = testGate({ mode: "restricted", allow: ["good.test"] });
  await internet.put(web("good"), "93.184.215.20", 80, "good.test");
  await ask("good.test");
  const stream = dial("93.184.215.20", 80);
  stream.write(bytes);
  expect(String(await all(stream))).not.toContain("good");
  expect(rules()).toEqual([rule]);
});

test("restricted: bodies, trailing FIN, HEAD, an end by the server and an upgrade come through the relay", async () => {
  const { internet, ask, dial, events } = testGate({ mode: "restricted", allow: ["good.test"] });
  const server = ends(
    createHttpServer(async (incoming, answer) => {
      if (incoming.url === "/end") answer.setHeader("connection", "close");
      answer.setHeader("x-seen", `${incoming.method} ${incoming.headers["transfer-encoding"] ?? incoming.headers["content-length"]}`);
      answer.end(incoming.method === "HEAD" ? undefined : await text(incoming));
    }),
  );
  server.on("upgrade", (_incoming: IncomingMessage, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhi:");
    socket.pipe(socket);
  });
  await internet.put(server, "93.184.215.20", 80, "good.test");
  await ask("good.test");
  const call = (method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<[unknown, string]> =>
    new Promise((resolve, reject) => {
      const sent = request({
        method,
        path,
        createConnection: () => dial("93.184.215.20", 80) as never,
        headers: { host: "good.test", ...headers },
      });
      sent.on("response", async (answer) => resolve([answer.headers["x-seen"], await text(answer)]));
      sent.on("error", reject);
      sent.end(body);
    });
  const big = "b".repeat(300_000);
  expect(await call("POST", "/", big)).toEqual(["POST 300000", big]);
  expect(await call("POST", "/", big, { "transfer-encoding": "chunked" })).toEqual(["POST chunked", big]);
  expect(await call("POST", "/", "late", { expect: "100-continue", "content-length": "4" })).toEqual(["POST 4", "late"]);
  expect(await call("HEAD", "/")).toEqual(["HEAD undefined", ""]);
  expect(await call("GET", "/end")).toEqual(["GET undefined", ""]);
  const upgraded = dial("93.184.215.20", 80);
  let got = "";
  upgraded.on("data", (chunk) => (got += chunk));
  upgraded.write(get("good.test", "/", "Connection: Upgrade\r\nUpgrade: echo\r\n"));
  await expect.poll(() => got).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\n.*\r\n\r\nhi:$/s);
  upgraded.end("echoed");
  await once(upgraded, "end");
  expect(got).toMatch(/hi:echoed$/);
  const stream = dial("93.184.215.20", 80);
  stream.end(get("good.test", "/", "Connection: close\r\n"));
  expect(String(await all(stream))).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(events).toEqual([]);
});

test("restricted: other protocols pass by the answer to the name, servers that speak first too", async () => {
  const { internet, ask, dial, rules } = testGate({ mode: "restricted", allow: ["mail.test", "git.test:9418"] });
  await internet.put(greeter(), "93.184.215.15", 25, "mail.test");
  await internet.put(echo(), "93.184.215.18", 9418, "git.test");
  await ask("mail.test");
  await ask("git.test");
  const [chunk] = await once(dial("93.184.215.15", 25), "data");
  expect(String(chunk)).toBe("220 hello\r\n");
  const git = dial("93.184.215.18", 9418);
  git.end("EHLO me\r\n");
  expect(String(await all(git))).toBe("EHLO me\r\n");
  await closed(dial("93.184.215.18", 22));
  await closed(dial("93.184.215.19", 25).end("unknown"));
  expect(rules()).toEqual(["allow", "allow"]);
});

test("restricted: allow_cidrs opens addresses without a name, private ones where they are named", async () => {
  const { internet, dial, rules } = testGate({ mode: "restricted", allow_cidrs: ["10.1.0.0/16:7", "0.0.0.0/0:9"] });
  await internet.put(echo(), "10.1.2.3", 7);
  await internet.put(echo(), "93.184.215.14", 9);
  for (const [address, port] of [
    ["10.1.2.3", 7],
    ["93.184.215.14", 9],
  ] as const) {
    const stream = dial(address, port);
    stream.end("here");
    expect(String(await all(stream))).toBe("here");
  }
  await closed(dial("10.1.2.3", 9));
  await closed(dial("10.2.2.3", 9));
  expect(rules()).toEqual(["floor", "floor"]);
});

test("a new policy ends what it no longer allows, and nothing else", async () => {
  const { internet, ask, dial, gate, rules } = testGate({ host_ports: [] });
  await internet.put(echo(), "93.184.215.14", 7, "kept.test");
  await internet.put(echo(), "93.184.215.15", 7, "lost.test");
  await ask("kept.test");
  await ask("lost.test");
  const [kept, lost] = [dial("93.184.215.14", 7), dial("93.184.215.15", 7)];
  for (const stream of [kept, lost]) {
    stream.write("1");
    await once(stream, "data");
  }
  gate.setPolicy(NetworkPolicy.parse({ mode: "restricted", allow: ["kept.test"] }));
  await closed(lost);
  kept.write("2");
  expect(String(await once(kept, "data"))).toBe("2");
  expect(rules()).toEqual(["allow"]);
  gate.setPolicy(NetworkPolicy.parse({ mode: "off" }));
  await closed(kept);
});

test("a guest that scans makes few events; what comes again is counted", async () => {
  const { dial, events, gate } = testGate();
  await Promise.all(Array.from({ length: 300 }, (_, i) => closed(dial(`10.0.${i >> 8}.${i & 255}`, 80))));
  for (let i = 0; i < 5; i++) gate.notice({ protocol: "udp", address: "8.8.8.8", port: 443 });
  expect(events.length).toBe(100);
  gate.close();
  expect(events.length).toBe(101);
  expect(events.at(-1)?.data).toMatchObject({ rule: "limit", count: 205 });
});

test("connections have a limit, and a dead end closes what led to it", async () => {
  const { internet, dial, rules } = testGate();
  await internet.put(echo(), "93.184.215.14", 7);
  await closed(dial("93.184.215.99", 7));
  expect(rules()).toEqual([]);
  const streams = Array.from({ length: 128 }, () => dial("93.184.215.14", 7));
  await closed(dial("93.184.215.14", 7));
  expect(rules()).toEqual(["limit"]);
  for (const stream of streams) {
    stream.end("x");
    expect(String(await all(stream))).toBe("x");
  }
});

test("who does not read holds the sender back", async () => {
  const { internet, dial, gate } = testGate();
  let sent = 0;
  const server = ends(
    createServer((socket) => {
      const more = () => {
        while (sent < 500_000_000 && socket.write(Buffer.alloc(65536))) sent += 65536;
      };
      socket.on("drain", more);
      more();
    }),
  );
  await internet.put(server, "93.184.215.14", 7);
  const stream = dial("93.184.215.14", 7);
  stream.once("readable", () => {});
  const still = async () => {
    const before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return before > 0 && sent === before;
  };
  await expect.poll(still, { timeout: 10_000 }).toBe(true);
  expect(sent).toBeLessThan(100_000_000);
  gate.close();
  await closed(stream);
});
