import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { CDP_PORT } from "../../src/contract/guest/protocol.ts";
import { fakeFleet } from "../support/fake-machine.ts";
import { startService, type TestService } from "../support/service.ts";

const STALL_S = 1;
const MIB = 1024 ** 2;
let service: TestService;
// biome-ignore lint/suspicious/noExplicitAny: the API's own JSON.
let computer: any;
const dir = mkdtempSync(join(tmpdir(), "vt-"));
/** A Chromium that echoes, or, asked to at /devtools/page/flood, never stops. */
const browser = createServer();
let floods = 0;

beforeAll(async () => {
  new WebSocketServer({ server: browser }).on("connection", (socket, request) => {
    socket.on("error", () => {});
    if (!request.url?.endsWith("flood")) return void socket.on("message", (message) => socket.send(message));
    floods++;
    const send = () => socket.send(Buffer.alloc(64 * 1024), () => void (socket.readyState === WebSocket.OPEN && send()));
    send();
    socket.on("close", () => floods--);
  });
  await once(browser.listen(0, "127.0.0.1"), "listening");
  service = await startService(dir, fakeFleet({ [CDP_PORT]: (browser.address() as AddressInfo).port }), {
    config: {
      limits: {
        connections: 60,
        connectionsPerAddress: 40,
        headerS: 1,
        headerBytes: 8192,
        headers: 20,
        keepAliveS: 1,
        stallS: STALL_S,
        pipelined: 4,
        sockets: 3,
        socketsPerComputer: 2,
        messageBytes: 64 * 1024,
        bodyBytes: 10_000,
        calls: 2,
        callsWaiting: 2,
      },
    },
  });
  computer = (await service.call("POST", "/v1/computers", {})).body;
});
afterAll(async () => {
  await service.call("DELETE", `/v1/computers/${computer.id}`);
  await service.close();
  browser.close();
  rmSync(dir, { recursive: true });
});

const opened: Socket[] = [];
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await expect.poll(async () => (await service.call("GET", "/healthz")).status).toBe(200);
});

/** A bare connection; `all` resolves with what was answered until it ended. */
const dial = (from = "127.0.0.1") => {
  const { hostname, port } = new URL(service.url);
  const socket = connect({ host: hostname, port: Number(port), localAddress: from });
  opened.push(socket);
  let text = "";
  socket.on("error", () => {});
  const closed = once(socket, "close");
  return {
    socket,
    read: () => void socket.on("data", (chunk) => (text += chunk.toString("latin1"))),
    text: () => text,
    all: async () => {
      await closed;
      return text;
    },
  };
};
const head = (method: string, path: string, fields: Record<string, string | number> = {}) =>
  [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(service.url).host}`,
    `Authorization: Bearer ${service.apiKey}`,
    ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");
const codesOf = (answers: string): string[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)]
    .map(([, status]) => `${status}`)
    .concat([...answers.matchAll(/"code":"(\w+)"/g)].map(([, code]) => code!));
const ask = async (bytes: string): Promise<string> => {
  const one = dial();
  one.read();
  one.socket.write(bytes);
  return one.all();
};

test("a head that comes letter by letter, or not at all, is given up", async () => {
  const slow = dial();
  slow.read();
  slow.socket.write("GET /healthz HTTP/1.1\r\nX: ");
  const drip = setInterval(() => slow.socket.write("a"), 100);
  expect(codesOf(await slow.all().finally(() => clearInterval(drip)))).toEqual(["408", "request_timeout"]);
  const silent = dial();
  silent.read();
  await silent.all();
});

test("heads that are too large, or have too many fields, or are none", async () => {
  expect(codesOf(await ask(head("GET", "/healthz", { X: "a".repeat(10_000) })))).toEqual(["431", "headers_too_large"]);
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`X-${i}`, i]));
  expect(codesOf(await ask(head("GET", "/healthz", many)))).toEqual(["431", "headers_too_large"]);
  expect(codesOf(await ask(head("GET", "/healthz", { ...many, Upgrade: "websocket", Connection: "Upgrade" })))).toEqual([
    "431",
    "headers_too_large",
  ]);
  expect(codesOf(await ask("hello\r\n\r\n"))).toEqual(["400", "invalid_request"]);
  expect(codesOf(await ask(head("POST", "/v1/computers", { "Content-Length": 2, "Transfer-Encoding": "chunked" })))).toEqual([
    "400",
    "invalid_request",
  ]);
  // A second Host, which another server may take for the first.
  expect(codesOf(await ask(head("GET", "/healthz", { Host: "evil.example" })))).toEqual(["403", "host_forbidden"]);
});

test("a client that has said all it has to say still gets its answer", async () => {
  const half = dial();
  half.read();
  half.socket.end(head("GET", "/healthz"));
  expect(codesOf(await half.all())).toEqual(["200"]);
  const broken = dial();
  broken.read();
  broken.socket.end("GET /healthz HTTP/1.1\r\nHo");
  expect(codesOf(await broken.all())).toEqual(["400", "invalid_request"]);
});

test("an upgrade to HTTP/2 is refused in words, an unknown expectation ignored", async () => {
  const fields = { Connection: "Upgrade, HTTP2-Settings", Upgrade: "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__" };
  expect(codesOf(await ask(head("GET", "/healthz", fields)))).toEqual(["400", "invalid_request"]);
  expect(codesOf(await ask(head("GET", "/healthz", { Expect: "200-maybe" })))).toEqual(["200"]);
});

test("a JSON body that trickles, and an upload that stops, are given up; an upload that moves is not", async () => {
  const trickle = dial();
  trickle.read();
  trickle.socket.write(head("POST", "/v1/computers", { "Content-Length": 5000 }));
  const drip = setInterval(() => trickle.socket.write(" "), 100);
  expect(codesOf(await trickle.all().finally(() => clearInterval(drip)))).toEqual(["408", "request_timeout"]);

  const file = `/v1/computers/${computer.id}/files?path=${encodeURIComponent(join(dir, "up"))}`;
  const stopped = dial();
  stopped.read();
  stopped.socket.write(`${head("PUT", file, { "Content-Length": 100_000 })}abc`);
  expect(codesOf(await stopped.all())).toEqual(["408", "request_timeout"]);

  const moving = dial();
  moving.read();
  const times = 12;
  moving.socket.write(head("PUT", file, { "Content-Length": times, Connection: "close" }));
  for (let i = 0; i < times; i++) {
    moving.socket.write("x");
    await sleep((STALL_S * 1000) / 4);
  }
  expect(codesOf(await moving.all())).toEqual(["204"]);
}, 30_000);

test("a JSON body over the limit", async () =>
  expect((await service.call("POST", "/v1/computers", { metadata: { a: "a".repeat(10_000) } })).body.error.code).toBe("payload_too_large"));

test("whoever does not read a large answer, or a stream, is cut off", async () => {
  const large = join(dir, "large");
  const exec = (command: string) =>
    service.call("POST", `/v1/computers/${computer.id}/exec`, { argv: ["sh", "-c", command], user: "root" });
  const size = 64 * MIB;
  expect((await exec(`head -c ${size} /dev/zero > ${large}`)).body.exit_code).toBe(0);
  const body = JSON.stringify({ argv: ["sh", "-c", `echo $$ > ${join(dir, "pid")}; exec yes`], user: "root", timeout_s: 600 });
  const requests = [
    head("GET", `/v1/computers/${computer.id}/files?path=${encodeURIComponent(large)}`),
    head("POST", `/v1/computers/${computer.id}/exec/stream`, { "Content-Length": body.length }) + body,
  ];
  for (const request of requests) {
    const deaf = dial();
    deaf.socket.write(request);
    // Not a byte is read meanwhile.
    await sleep(STALL_S * 4000);
    let bytes = 0;
    deaf.socket.on("data", (chunk) => (bytes += chunk.length));
    await once(deaf.socket, "close");
    expect(bytes).toBeLessThan(size);
  }
  const { body: alive } = await exec(`kill -0 $(cat ${join(dir, "pid")}) 2>&1`);
  expect(alive.exit_code).not.toBe(0);
}, 30_000);

const cdp = (target = "") => {
  const { searchParams, host } = new URL(computer.cdp_url);
  return { host, path: `/v1/computers/${computer.id}/cdp${target}?token=${searchParams.get("token")}` };
};
const open = async (target = ""): Promise<WebSocket> => {
  const { host, path } = cdp(target);
  const ws = new WebSocket(`ws://${host}${path}`);
  await once(ws, "open");
  return ws;
};
const closeAll = async (...all: WebSocket[]) => {
  for (const ws of all) {
    ws.close();
    await once(ws, "close");
  }
};

test("a quiet CDP socket stays, one that is not read is cut off", async () => {
  const quiet = await open();
  const flooded = dial();
  const fields = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": 13,
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  flooded.socket.write(head("GET", cdp("/devtools/page/flood").path, fields));
  await expect.poll(() => floods).toBe(1);
  await expect.poll(() => floods, { timeout: STALL_S * 10_000 }).toBe(0);
  await sleep(STALL_S * 2000);
  quiet.send("still here");
  expect(String((await once(quiet, "message"))[0])).toBe("still here");
  await closeAll(quiet);
}, 30_000);

test("a message that is too long ends its socket with 1009", async () => {
  const ws = await open();
  ws.send("a".repeat(65 * 1024));
  expect((await once(ws, "close"))[0]).toBe(1009);
});

test("WebSockets beyond a computer's number, and beyond the service's", async () => {
  const other = (await service.call("POST", "/v1/computers", {})).body;
  const refused = async (record: { id: string; cdp_ws_url: string }) => {
    const ws = new WebSocket(record.cdp_ws_url);
    const [, answer] = await once(ws, "unexpected-response");
    ws.on("error", () => {});
    ws.terminate();
    return [answer.statusCode, answer.headers["retry-after"]];
  };
  const held = [await open(), await open()];
  expect(await refused(computer)).toEqual([503, "5"]);
  const third = new WebSocket(other.cdp_ws_url);
  await once(third, "open");
  expect(await refused(other)).toEqual([503, "5"]);
  await closeAll(...held, third);
  await expect
    .poll(async () =>
      open()
        .then((ws) => closeAll(ws))
        .then(() => true),
    )
    .toBe(true);
  await service.call("DELETE", `/v1/computers/${other.id}`);
});

test("requests piled up on one connection", async () => {
  const body = JSON.stringify({ argv: ["sleep", "0.3"], user: "root" });
  const exec = head("POST", `/v1/computers/${computer.id}/exec`, { "Content-Length": body.length }) + body;
  const codes = codesOf(await ask(exec.repeat(12)));
  expect(codes.filter((code) => code === "200")).toHaveLength(4);
  expect(codes.at(-1)).toBe("too_many_requests");
});

test("a connection that was used and is no more, is closed", async () => {
  const idle = dial();
  idle.read();
  idle.socket.write(head("GET", "/healthz"));
  expect(codesOf(await idle.all())).toEqual(["200"]);
});

test("200 connections beyond the limit are told so or dropped, and harm nobody who is in", async () => {
  const running = service.call("POST", `/v1/computers/${computer.id}/exec`, { argv: ["sleep", "1.5"], user: "root" });
  // It has its connection.
  await expect.poll(async () => (await service.call("GET", `/v1/computers/${computer.id}/processes`)).status).toBe(200);
  const crowd = Array.from({ length: 260 }, (_, i) => dial(`127.0.0.${2 + (i % 8)}`));
  for (const one of crowd) one.read();
  await expect.poll(() => crowd.filter(({ socket }) => socket.closed || socket.readableEnded).length).toBeGreaterThanOrEqual(200);
  const told = crowd.map(({ text }) => codesOf(text())).filter((codes) => codes[1] === "too_many_connections");
  expect(told.length).toBeGreaterThanOrEqual(32);
  expect(crowd.find(({ text }) => text().startsWith("HTTP/1.1 503"))?.text()).toContain("Retry-After: 5\r\n");
  for (const { socket } of crowd) socket.destroy();
  expect((await running).body).toMatchObject({ exit_code: 0 });
});

test("one address does not take the places of the others", async () => {
  const greedy = Array.from({ length: 50 }, () => dial("127.0.0.9"));
  for (const one of greedy) one.read();
  await expect.poll(() => greedy.filter(({ text }) => text().includes("from your address")).length).toBe(10);
  expect((await service.call("GET", "/healthz")).status).toBe(200);
});

test("a computer's calls: two run, two wait, the rest is refused; another kind of call is not held up", async () => {
  const exec = () => service.call("POST", `/v1/computers/${computer.id}/exec`, { argv: ["sleep", "1"], user: "root" });
  const all = Promise.all(Array.from({ length: 7 }, exec));
  const listed = await service.call("GET", `/v1/computers/${computer.id}/files/list?path=${encodeURIComponent(dir)}`);
  expect(listed.status).toBe(200);
  const answers = await all;
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.map(({ body, headers }) => [body.error.code, headers.get("retry-after")])).toEqual(
    Array(3).fill(["too_many_requests", "1"]),
  );
  expect((await exec()).status).toBe(200);
});
