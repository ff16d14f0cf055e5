import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { attach } from "../../../src/server/machine/qemu/attach.ts";
import { connectQmp, MAX_LINE, type QmpEvent } from "../../../src/server/machine/qemu/qmp.ts";
import { killGroup } from "../../../src/server/process/kill.ts";
import { type Detached, spawnDetached } from "../../../src/server/process/spawn.ts";

let dir: string;
const path = () => join(dir, "qmp.sock");
const soon = () => AbortSignal.timeout(5000);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "vitrine-qmp-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("with a real QEMU", () => {
  let qemu: Detached;
  beforeEach(async () => {
    const argv = [
      "qemu-system-x86_64",
      "-machine",
      "none",
      "-nodefaults",
      "-display",
      "none",
      "-S",
      "-qmp",
      "unix:run/qmp.sock,server=on,wait=off",
    ];
    mkdirSync(join(dir, "run"));
    qemu = await spawnDetached(argv, { cwd: dir, log: join(dir, "log") });
  });
  afterEach(() => killGroup(qemu.identity, { ended: qemu.ended }));

  test("connects when the socket appears, runs commands, tells events, and sees the end", async () => {
    const qmp = await attach(dir, soon());
    const events: QmpEvent[] = [];
    qmp.onEvent((event) => events.push(event));
    expect(await qmp.execute("query-status")).toMatchObject({ status: "prelaunch" });
    const several = await Promise.all(["query-name", "query-version", "query-kvm"].map((name) => qmp.execute(name)));
    expect(several[1]).toMatchObject({ qemu: { major: expect.any(Number) } });
    await qmp.execute("quit");
    expect(await qmp.closed).toMatch(/connection/);
    expect(events.map(({ event }) => event)).toContain("SHUTDOWN");
    await expect(qmp.execute("query-status")).rejects.toMatchObject({ code: "machine_failed" });
  });

  test("a refused command says why and harms nothing", async () => {
    const qmp = await attach(dir, soon());
    await expect(qmp.execute("no-such-command")).rejects.toThrow(/no-such-command/);
    await expect(qmp.execute("ringbuf-read", { device: "none", size: 1 })).rejects.toMatchObject({ code: "machine_failed" });
    expect(await qmp.execute("query-status")).toBeTruthy();
    qmp.close();
  });

  test("a second client is served after the first has let go", async () => {
    const first = await attach(dir, soon());
    const second = attach(dir, soon());
    first.close();
    expect(await (await second).execute("query-status")).toBeTruthy();
    (await second).close();
  });

  test("a QEMU that stands still ends at the deadline", async () => {
    const qmp = await attach(dir, soon());
    process.kill(qemu.identity.pid, "SIGSTOP");
    await expect(qmp.execute("query-status", undefined, { timeoutMs: 100 })).rejects.toMatchObject({ code: "timeout" });
    await expect(attach(dir, AbortSignal.timeout(100))).rejects.toThrow(/timeout/i);
    qmp.close();
  });
});

describe("with a hostile server", () => {
  let server: Server;
  const sockets = new Set<Socket>();
  const GREETING = '{"QMP": {"version": {}, "capabilities": []}}\r\n';
  const OK = /"id":(\d+)/;

  const serve = (onConnection: (socket: Socket) => void) =>
    new Promise<void>((resolve) => {
      server = createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => {});
        onConnection(socket);
      }).listen(path(), resolve);
    });
  /** Greets, agrees on the first command, and does `next` at the second. */
  const polite = (next: (socket: Socket, line: string) => void) => {
    let commands = 0;
    return serve((socket) => {
      socket.write(GREETING);
      socket.on("data", (data) => {
        const line = data.toString();
        if (commands++ === 0) socket.write(`{"return": {}, "id": ${OK.exec(line)![1]}}\r\n`);
        else next(socket, line);
      });
    });
  };
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    await new Promise((resolve) => server.close(resolve));
  });

  test("silence ends with the signal", async () => {
    await serve(() => {});
    await expect(connectQmp(path(), AbortSignal.timeout(50))).rejects.toThrow(/timeout/i);
  });

  test("a connection closed before the greeting is an error", async () => {
    await serve((socket) => socket.end());
    await expect(connectQmp(path(), soon())).rejects.toMatchObject({ code: "machine_failed" });
  });

  test.each([
    ["garbage", "hello\r\n"],
    ["a bare number", "42\r\n"],
    ["null", "null\r\n"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0, 10])],
  ])("%s ends the connection", async (_, bytes) => {
    await polite((socket) => socket.write(bytes));
    const qmp = await connectQmp(path(), soon());
    await expect(qmp.execute("query-status")).rejects.toThrow(/broke its protocol/);
    expect(await qmp.closed).toMatch(/broke its protocol/);
  });

  test("a line without end is not gathered beyond the limit", async () => {
    let sent = 0;
    await polite((socket) => {
      const chunk = Buffer.alloc(64 * 1024, 0x20);
      const more = () => {
        while (!socket.destroyed && sent < 64 * MAX_LINE) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", more);
        }
      };
      more();
    });
    const qmp = await connectQmp(path(), soon());
    await expect(qmp.execute("query-status")).rejects.toThrow(/line over/);
    expect(sent).toBeLessThan(8 * MAX_LINE);
  });

  test("a long line with an end in the same chunk is refused too", async () => {
    await polite((socket, line) => {
      socket.write(`{"return": "${"x".repeat(2 * MAX_LINE)}", "id": ${OK.exec(line)![1]}}\r\n`);
    });
    const qmp = await connectQmp(path(), soon());
    await expect(qmp.execute("query-status")).rejects.toThrow(/line over/);
  });

  test("answers to nothing are ignored, and parts of a line are put together", async () => {
    await polite((socket, line) => {
      const answer = `{"return": {"status": "läuft"}, "id": ${OK.exec(line)![1]}}\r\n`;
      socket.write('{"return": 1, "id": 99}\r\n{"return": 2}\r\n{"error": {}, "id": "x"}\r\n');
      for (const byte of Buffer.from(answer)) socket.write(Buffer.from([byte]));
    });
    const qmp = await connectQmp(path(), soon());
    expect(await qmp.execute("query-status")).toEqual({ status: "läuft" });
    qmp.close();
  });
});
