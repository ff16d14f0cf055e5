import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Terminal } from "../../src/client/index.ts";
import { oneComputer } from "../support/one-computer.ts";

const { service, computer } = await oneComputer("ada");

/** The machine is this host, which has no user ohm. */
const create = (argv: string[], size = {}) => computer.terminals.create({ argv, user: "root", cwd: "/tmp", ...size });
/** Follows what a terminal shows; `shows` waits for a text. */
const watch = (terminal: Terminal) => {
  let text = "";
  const changed = new Set<() => void>();
  terminal.setEncoding("utf8");
  terminal.on("data", (chunk: string) => {
    text += chunk;
    for (const look of changed) look();
  });
  const shows = async (wanted: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => text.includes(wanted) && resolve();
    changed.add(look);
    look();
    await promise;
    changed.delete(look);
  };
  return { shows, text: () => text };
};
const end = async (ws: WebSocket) => {
  const [code, reason] = await once(ws, "close");
  return [code, String(reason)];
};
const refused = async (url: string, headers: Record<string, string> = {}): Promise<number> => {
  const ws = new WebSocket(url, { headers });
  ws.on("error", () => {});
  const [, response] = await once(ws, "unexpected-response");
  return response.statusCode;
};

test("keys go in, what it shows comes out, it knows its size, and its exit is the command's", async () => {
  const made = await create(["bash", "--norc"], { columns: 101, rows: 31 });
  const terminal = await computer.terminals.attach(made.terminal_id);
  const { shows } = watch(terminal);
  terminal.write("stty size\n");
  await shows("31 101");
  terminal.resize(120, 40);
  terminal.write("stty size; echo $TERM; tty\n");
  await shows("40 120");
  await shows("xterm-256color");
  await shows("/dev/pts/");
  terminal.write("printf '%s\\n' 'größer 日本' | tr a-z A-Z\n");
  await shows("GRößER 日本");
  terminal.write("exit 7\n");
  expect(await terminal.exit).toEqual({ type: "exit", exit_code: 7, signal: null });
});

test("who leaves comes back to what was shown meanwhile; several see the same", async () => {
  const { terminal_id } = await create(["bash", "--norc"]);
  const first = await computer.terminals.attach(terminal_id);
  const one = watch(first);
  first.write("echo be''fore; read gate; echo after-$gate; read last; exit 3\n");
  await one.shows("before");
  first.detach();
  expect(await first.exit).toBe(null);
  expect((await computer.terminals.list()).map((t) => t.terminal_id)).toContain(terminal_id);

  const [second, third] = await Promise.all([computer.terminals.attach(terminal_id), computer.terminals.attach(terminal_id)]);
  const [two, three] = [watch(second), watch(third)];
  await Promise.all([two.shows("before"), three.shows("before")]);
  second.write("go\n");
  await Promise.all([two.shows("after-go"), three.shows("after-go")]);
  third.write("\n");
  expect([(await second.exit)?.exit_code, (await third.exit)?.exit_code]).toEqual([3, 3]);
  expect((await computer.terminals.list()).map((t) => t.terminal_id)).not.toContain(terminal_id);

  const late = await computer.terminals.attach(terminal_id);
  const kept = watch(late);
  expect((await late.exit)?.exit_code).toBe(3);
  await kept.shows("after-go");
});

test("much that is typed by two at once arrives whole and in order", async () => {
  const { terminal_id } = await create(["bash", "--norc", "-c", "stty raw -echo; echo ready; head -c 600000 | sha1sum; stty sane"]);
  const terminal = await computer.terminals.attach(terminal_id);
  const { shows, text } = watch(terminal);
  await shows("ready");
  const other = await computer.terminals.attach(terminal_id);
  other.resume();
  // The same byte throughout: who of the two types which is open, but a frame torn by the other would show as a header among the keys.
  for (let at = 0; at < 30; at++) {
    terminal.write("x".repeat(10_000));
    other.write("x".repeat(10_000));
  }
  await terminal.exit;
  const { createHash } = await import("node:crypto");
  expect(text()).toContain(createHash("sha1").update("x".repeat(600_000)).digest("hex"));
});

test("end hangs up, is told in the timeline, and may be repeated", async () => {
  const { terminal_id } = await create(["bash", "-c", "echo up; sleep 1000"]);
  const terminal = await computer.terminals.attach(terminal_id);
  await watch(terminal).shows("up");
  await computer.terminals.end(terminal_id);
  expect(await terminal.exit).toMatchObject({ exit_code: 143 });
  await computer.terminals.end(terminal_id);
  await expect(computer.terminals.end("trm_1_abc")).rejects.toMatchObject({ code: "terminal_not_found", status: 404 });
  await expect(computer.terminals.end("none")).rejects.toMatchObject({ code: "terminal_not_found" });
  await expect(computer.terminals.attach("trm_1_abc")).rejects.toMatchObject({ code: "terminal_not_found" });
  const { body } = await service.call("GET", `/v1/computers/${computer.id}/events?limit=100`);
  const of = (type: string) =>
    body.data.filter((e: { type: string; data: object }) => e.type === type).map((e: { data: object }) => e.data);
  expect(of("terminal.opened")).toContainEqual({ terminal_id });
  await expect
    .poll(async () => {
      const { body } = await service.call("GET", `/v1/computers/${computer.id}/events?limit=100`);
      return body.data.map((e: { data: object }) => e.data);
    })
    .toContainEqual({ terminal_id, exit_code: 143, signal: null });
});

test("a link opens its terminal alone, until it is revoked", async () => {
  const made = await create(["cat"]);
  const other = await create(["cat"]);
  const ws = new WebSocket(made.ws_url);
  await once(ws, "open");
  ws.send(Buffer.from("hello\n"));
  const [shown] = await once(ws, "message");
  expect(String(shown)).toContain("hello");
  expect(await refused(other.ws_url.replace(/token=.*/, `token=${made.token}`))).toBe(401);
  expect(await refused(made.ws_url.replace(/.$/, (c) => (c === "A" ? "B" : "A")))).toBe(401);
  expect(await refused(made.ws_url.replace(/\?.*/, ""))).toBe(401);
  const view = await computer.links.create("files");
  expect(await refused(made.ws_url.replace(/token=.*/, `token=${view.token}`))).toBe(403);

  const again = await computer.links.create("terminal", { terminal_id: made.terminal_id, ttl_s: 60 });
  expect(again.ws_url).toBe(made.ws_url.replace(/token=.*/, `token=${again.token}`));
  const closed = end(ws);
  await computer.links.revoke(made.link_id);
  expect(await closed).toEqual([4003, "the link was revoked"]);
  expect(await refused(made.ws_url)).toBe(401);
  const second = new WebSocket(again.ws_url ?? "");
  await once(second, "open");
  second.close();
  await expect(computer.links.create("terminal")).rejects.toMatchObject({ code: "invalid_request" });
  await expect(computer.links.create("terminal", { terminal_id: "trm_1_abc" })).rejects.toMatchObject({ code: "terminal_not_found" });
  for (const { terminal_id } of [made, other]) await computer.terminals.end(terminal_id);
});

test("another key sees neither the computer nor its terminals", async () => {
  const { terminal_id } = await create(["cat"]);
  const { body: key } = await service.call("POST", "/v1/keys", { name: "other" });
  const path = `/v1/computers/${computer.id}/terminals`;
  const headers = { Authorization: `Bearer ${key.key}` };
  expect((await service.call("GET", path, undefined, { headers })).status).toBe(404);
  expect((await service.call("POST", path, {}, { headers })).status).toBe(404);
  expect(await refused(`${service.url.replace("http", "ws")}${path}/${terminal_id}`, headers)).toBe(404);
  await computer.terminals.end(terminal_id);
});

test("what is no message of a client's ends it with a word, and what is no request is refused", async () => {
  const made = await create(["cat"]);
  for (const text of ["{", '{"type":"resize","columns":0,"rows":1}', '{"type":"exit"}']) {
    const ws = new WebSocket(made.ws_url);
    await once(ws, "open");
    const closed = end(ws);
    ws.send(text);
    expect((await closed)[0], text).toBe(1008);
  }
  await computer.terminals.end(made.terminal_id);
  const both = { command: "ls", argv: ["ls"] };
  for (const body of [{ columns: 0 }, { rows: 1001 }, both]) {
    const { status } = await service.call("POST", `/v1/computers/${computer.id}/terminals`, body);
    expect(status, JSON.stringify(body)).toBe(400);
  }
});

test("a client that does not read loses the oldest, and the service keeps nothing for it", async () => {
  const { terminal_id, ws_url } = await create(["bash", "-c", "seq 1 2000000; echo the-end"]);
  const ws = new WebSocket(ws_url);
  await once(ws, "open");
  ws.pause();
  await expect
    .poll(async () => (await computer.terminals.list()).some((t) => t.terminal_id === terminal_id), { timeout: 30_000 })
    .toBe(false);
  let text = "";
  ws.on("message", (data, isBinary) => {
    if (isBinary) text = (text + data).slice(-100);
  });
  ws.resume();
  expect((await end(ws))[0]).toBe(1000);
  expect(text).toContain("the-end");
});
