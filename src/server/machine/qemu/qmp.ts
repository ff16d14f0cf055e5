import type { Socket } from "node:net";
import { VitrineError } from "../../../contract/errors.ts";
import { withDeadline } from "../../deadline.ts";
import { connectUnix } from "../../process/connect-unix.ts";

/** A line longer than this ends the connection. */
export const MAX_LINE = 1024 * 1024;

export interface QmpEvent {
  event: string;
  data?: Record<string, unknown>;
}

/** QEMU's control connection (QEMU Machine Protocol). */
export interface Qmp {
  /**
   * Runs a command. Fails with machine_failed when QEMU refuses it or the connection is lost, with timeout after `timeoutMs`
   * (default 10 s).
   */
  execute(command: string, args?: Record<string, unknown>, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<unknown>;
  onEvent(listener: (event: QmpEvent) => void): () => void;
  /** Resolves with the reason when the connection has ended, however. Never rejects. */
  readonly closed: Promise<string>;
  close(): void;
}

interface Message extends Partial<QmpEvent> {
  QMP?: unknown;
  id?: unknown;
  return?: unknown;
  error?: { class?: unknown; desc?: unknown };
}

const parse = (line: string): Message => {
  const message: unknown = JSON.parse(line);
  if (typeof message !== "object" || message === null) throw new SyntaxError("not an object");
  return message as Message;
};

/** Calls back with each line; throws RangeError on one that is too long. */
const lineReader = (onLine: (line: string) => void) => {
  let pending = Buffer.alloc(0);
  return (chunk: Buffer) => {
    let data = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk;
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
      if (end > MAX_LINE) break;
      onLine(data.toString("utf8", 0, end));
      data = data.subarray(end + 1);
    }
    if (data.length > MAX_LINE) throw new RangeError(`a line over ${MAX_LINE} bytes`);
    pending = Buffer.from(data);
  };
};

/** Connects, takes the greeting and negotiates. Connection errors come as they are (ENOENT, ECONNREFUSED). */
export const connectQmp = async (path: string, signal: AbortSignal): Promise<Qmp> => {
  const socket = await open(path, signal);
  const listeners = new Set<(event: QmpEvent) => void>();
  const calls = new Map<number, PromiseWithResolvers<unknown>>();
  const greeting = Promise.withResolvers<void>();
  greeting.promise.catch(() => {});
  const closed = Promise.withResolvers<string>();
  let lost: string | undefined;
  let nextId = 1;

  const end = (reason: string) => {
    if (lost !== undefined) return;
    lost = reason;
    socket.destroy();
    for (const call of [greeting, ...calls.values()]) call.reject(new VitrineError("machine_failed", { reason }));
    calls.clear();
    closed.resolve(reason);
  };

  const onMessage = (message: Message) => {
    if (message.QMP !== undefined) return greeting.resolve();
    if (typeof message.event === "string") {
      for (const listener of [...listeners]) listener({ event: message.event, data: message.data });
      return;
    }
    const call = calls.get(message.id as number);
    if (!call) return;
    calls.delete(message.id as number);
    if (message.error) call.reject(new VitrineError("machine_failed", { reason: `QEMU refused: ${String(message.error.desc)}` }));
    else call.resolve(message.return);
  };

  const read = lineReader((line) => {
    if (line.trim()) onMessage(parse(line));
  });
  socket.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      end(`QEMU's control connection broke its protocol: ${(error as Error).message.slice(0, 100)}`);
    }
  });
  socket.on("error", (error) => end(`QEMU's control connection failed: ${error.message}`));
  socket.on("close", () => end("QEMU's control connection was closed"));

  const execute: Qmp["execute"] = (command, args, { signal: caller, timeoutMs = 10_000 } = {}) => {
    if (lost !== undefined) return Promise.reject(new VitrineError("machine_failed", { reason: lost }));
    const id = nextId++;
    const call = Promise.withResolvers<unknown>();
    call.promise.catch(() => {});
    return withDeadline(`QEMU's ${command}`, timeoutMs, caller, () => {
      calls.set(id, call);
      socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
      return call.promise;
    }).finally(() => calls.delete(id));
  };

  const onAbort = () => greeting.reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await greeting.promise;
    await execute("qmp_capabilities", undefined, { signal });
  } catch (error) {
    end("QEMU's control connection was not agreed on");
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
  return {
    execute,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed: closed.promise,
    close: () => end("QEMU's control connection was let go"),
  };
};

const open = (path: string, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectUnix(path);
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    const settle = (done: () => void) => {
      signal.removeEventListener("abort", onAbort);
      socket.removeAllListeners();
      done();
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => settle(() => resolve(socket)));
    socket.once("error", (error) => settle(() => reject(error)));
  });
