import { once } from "node:events";
import { createReadStream } from "node:fs";
import { lchown, rm, stat } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { VitrineError } from "../../../contract/errors.ts";
import { withDeadline } from "../../deadline.ts";
import { connectUnix } from "../../process/connect-unix.ts";
import { RUN_DIR } from "../confinement/owner.ts";
import type { Qmp } from "./qmp.ts";

/** Relative to QEMU's working directory, like the QMP socket. QEMU's seccomp filter lets it use sockets, and no program to pipe through. */
const STATE_SOCKET = `${RUN_DIR}/state.sock`;
/** A state of some gigabytes over a unix socket, on a slow host. Milliseconds. */
const STATE_MS = 180_000;

/** Bytes a second. */
const UNLIMITED = 2 ** 40;

/** A migration that is cancelled ends within this. Milliseconds. */
const CANCEL_MS = 5000;

/** Follows the migration under way: `done` resolves when it is completed, `over` when it has ended in any way. Source: QEMU's migration.json, event MIGRATION. */
const follow = (qmp: Qmp, what: string): { done: Promise<void>; over: Promise<void>; leave: () => void } => {
  const end = Promise.withResolvers<void>();
  const fail = (why: string) => end.reject(new VitrineError("machine_failed", { reason: `${what} failed: ${why}` }));
  const off = qmp.onEvent(({ event, data }) => {
    if (event !== "MIGRATION") return;
    if (data?.status === "completed") end.resolve();
    if (data?.status === "failed" || data?.status === "cancelled") fail("QEMU gave it up");
  });
  void qmp.closed.then(fail);
  return { done: end.promise, over: end.promise.catch(() => {}), leave: off };
};

/** Both sides of a migration must agree on `x-ignore-shared`: whether memory that is a shared file is left out of the stream. */
const agree = (qmp: Qmp, withoutSharedMemory: boolean, signal: AbortSignal): Promise<unknown> =>
  qmp.execute(
    "migrate-set-capabilities",
    {
      capabilities: [
        { capability: "events", state: true },
        { capability: "x-ignore-shared", state: withoutSharedMemory },
      ],
    },
    { signal },
  );

/** Takes one connection at `path`, of whom that folder belongs to. */
const nextConnection = async (path: string) => {
  const connection = Promise.withResolvers<Socket>();
  connection.promise.catch(() => {});
  const server = createServer((socket) => {
    server.close();
    socket.on("error", () => {});
    connection.resolve(socket);
  });
  server.once("error", connection.reject);
  server.listen(path);
  await once(server, "listening");
  try {
    const { uid, gid } = await stat(dirname(path));
    await lchown(path, uid, gid);
  } catch (error) {
    server.close();
    throw error;
  }
  return { connection: connection.promise, close: () => server.close() };
};

/**
 * Hands the state of a paused machine to `sink` as a stream. Errors: machine_failed, timeout, what `sink` throws; the machine is then still paused, as it is
 * afterwards.
 */
export const saveState = (
  qmp: Qmp,
  dir: string,
  withoutSharedMemory: boolean,
  signal: AbortSignal,
  sink: (stream: Readable, signal: AbortSignal) => Promise<void>,
): Promise<void> =>
  withDeadline("Saving the machine's state", STATE_MS, signal, async (until) => {
    const path = join(dir, STATE_SOCKET);
    await rm(path, { force: true });
    await agree(qmp, withoutSharedMemory, until);
    const { done, over, leave } = follow(qmp, "saving its state");
    const server = await nextConnection(path);
    let socket: Socket | undefined;
    try {
      // By default QEMU spares a network that is not there.
      await qmp.execute("migrate-set-parameters", { "max-bandwidth": UNLIMITED }, { signal: until });
      await qmp.execute("migrate", { uri: `unix:${STATE_SOCKET}` }, { signal: until });
      socket = await Promise.race([server.connection, done.then(() => server.connection)]);
      await Promise.all([sink(socket, until), done]);
    } catch (error) {
      // The machine is to be of use again.
      socket?.destroy();
      await qmp.execute("migrate_cancel").catch(() => {});
      await Promise.race([over, sleep(CANCEL_MS, undefined, { ref: false })]);
      throw error;
    } finally {
      leave();
      server.close();
      socket?.destroy();
      await rm(path, { force: true });
    }
  });

/** QEMU hangs up when it refuses, and when it has all it needs. Which it was, it says by itself. */
const HUNG_UP = ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"];

/**
 * Gives a machine that was started with `incoming` the state in `file`. It is paused afterwards. Errors: machine_failed, also when QEMU refuses the state, which
 * ends it; timeout.
 */
export const loadState = (qmp: Qmp, dir: string, file: string, withoutSharedMemory: boolean, signal: AbortSignal): Promise<void> =>
  withDeadline("Loading the machine's state", STATE_MS, signal, async (until) => {
    const path = join(dir, STATE_SOCKET);
    await rm(path, { force: true });
    await agree(qmp, withoutSharedMemory, until);
    const { done, leave } = follow(qmp, "loading its state");
    try {
      await qmp.execute("migrate-incoming", { uri: `unix:${STATE_SOCKET}` }, { signal: until });
      const fed = pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), connectUnix(path), { signal: until }).catch((error) => {
        if (!HUNG_UP.includes(error.code)) throw error;
      });
      await Promise.all([fed, done]);
    } finally {
      leave();
      await rm(path, { force: true });
    }
  });
