import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { expect, test } from "vitest";
import { type FakeInternet, fakeInternet } from "../../support/internet.ts";
import { ends, listening, portOf } from "../../support/servers.ts";
import { all, closed, testGate } from "./gate-driver.ts";

/** What the proxies were asked for, and by whom. */
interface Seen {
  to: string[];
  by: string[];
}
const lead = (internet: FakeInternet, to: string, socket: Socket) => {
  const [, address = "", port] = /^\[?(.*?)\]?:(\d+)$/.exec(to) ?? [];
  return internet.connect(address, Number(port), AbortSignal.timeout(5000)).then((far) => {
    far.on("error", () => {}).pipe(socket);
    socket.pipe(far);
  });
};

const httpProxy = (internet: FakeInternet, seen: Seen, status = 200): Server => {
  const proxy = createHttpServer();
  proxy.on("connect", (incoming, socket) => {
    seen.to.push(incoming.url!);
    seen.by.push(Buffer.from(String(incoming.headers["proxy-authorization"]).slice(6), "base64").toString());
    if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    void lead(internet, incoming.url!, socket as Socket);
  });
  return proxy;
};

/** SOCKS5 with username and password. Source: RFC 1928, RFC 1929. */
const socksProxy = (internet: FakeInternet, seen: Seen): Server =>
  createServer({ allowHalfOpen: true }, async (socket) => {
    const next = async (): Promise<Buffer> => {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      return chunk;
    };
    socket.on("error", () => {});
    await next();
    socket.write(Buffer.from([5, 2]));
    const login = await next();
    const userEnd = 2 + login[1]!;
    seen.by.push(`${login.subarray(2, userEnd)}:${login.subarray(userEnd + 1)}`);
    socket.write(Buffer.from([1, 0]));
    const wish = await next();
    const to = `${[...wish.subarray(4, 8)].join(".")}:${wish.readUInt16BE(8)}`;
    seen.to.push(to);
    socket.pause();
    socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
    await lead(internet, to, socket);
  });

test.each([
  ["http", httpProxy],
  ["socks5", socksProxy],
] as const)("%s: all goes through the proxy, to the address that was checked", async (kind, make) => {
  const internet = fakeInternet();
  const seen: Seen = { to: [], by: [] };
  await internet.put(ends(make(internet, seen)), "93.184.217.1", 3128, "proxy.test");
  await internet.put(ends(createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))), "93.184.215.14", 7, "echo.test");
  await internet.put(ends(createServer((socket) => void socket.write("hello first"))), "93.184.215.15", 25);
  const proxy = { server: `${kind}://proxy.test:3128`, username: "ann", password: "s3cret:" };
  const { dial, ask, gate, rules } = testGate({}, { proxy, internet });
  await ask("echo.test");
  const stream = dial("93.184.215.14", 7);
  stream.end("x".repeat(100_000));
  expect((await all(stream)).length).toBe(100_000);
  const first = dial("93.184.215.15", 25);
  expect(String((await once(first, "data"))[0])).toBe("hello first");
  await closed(dial("10.0.0.1", 7));
  expect(seen).toEqual({ to: ["93.184.215.14:7", "93.184.215.15:25"], by: ["ann:s3cret:", "ann:s3cret:"] });
  expect(rules()).toEqual(["floor"]);
  expect(gate.traffic().map(({ name }) => name)).toEqual(["echo.test", "93.184.215.15"]);
  expect(JSON.stringify([gate.traffic()])).not.toContain("s3cret");
});

test("a proxy on the host's loopback is used where host_ports names its port, and no other", async () => {
  const internet = fakeInternet();
  const seen: Seen = { to: [], by: [] };
  const proxy = await listening(httpProxy(internet, seen));
  await internet.put(ends(createServer((socket) => socket.end("reached"))), "93.184.215.14", 7);
  const server = `http://127.0.0.1:${portOf(proxy)}`;
  const allowed = testGate({ host_ports: [portOf(proxy)] }, { proxy: { server }, internet });
  expect(String(await all(allowed.dial("93.184.215.14", 7)))).toBe("reached");
  const refused = testGate({}, { proxy: { server }, internet });
  await closed(refused.dial("93.184.215.14", 7));
  expect(refused.rules()).toEqual(["proxy"]);
  expect(seen.to).toEqual(["93.184.215.14:7"]);
});

test.each(["inside.test", "10.0.0.9", "[::1]", "169.254.169.254", "2130706433", "[::ffff:127.0.0.1]"])(
  "a proxy at %s, in the host's own networks, is not used",
  async (host) => {
    const internet = fakeInternet();
    internet.name("inside.test", ["192.168.0.1"]);
    const { dial, events } = testGate({}, { proxy: { server: `http://${host}:3128`, password: "s3cret" }, internet });
    await closed(dial("93.184.215.14", 7));
    expect(events).toMatchObject([{ data: { rule: "proxy", address: "93.184.215.14" } }]);
    expect(internet.dialled).toEqual([]);
    expect(JSON.stringify(events)).not.toContain("s3cret");
  },
);

test("a proxy that refuses ends the connection", async () => {
  const internet = fakeInternet();
  await internet.put(ends(httpProxy(internet, { to: [], by: [] }, 407)), "93.184.217.1", 3128);
  const { dial, rules } = testGate({}, { proxy: { server: "http://93.184.217.1:3128" }, internet });
  await closed(dial("93.184.215.14", 7));
  expect(rules()).toEqual([]);
});
