import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { VitrineError } from "../../contract/errors.ts";
import { FRAME } from "../../contract/guest/frames.ts";
import { type TerminalExit, TerminalResize } from "../../contract/terminals.ts";
import { exitOf } from "../guest/exec.ts";
import type { Guest } from "../guest/guest.ts";
import { findTerminal, keyFrames, sizeFrame } from "../guest/terminals.ts";
import type { Limits } from "../setup/limits.ts";
import { acceptSocket } from "./accept-socket.ts";
import { keepOpen } from "./client-socket.ts";
import { Cut, farewellOf } from "./cut.ts";
import { reach } from "./reach.ts";
import { TerminalInput } from "./terminal-input.ts";

export interface TerminalRelayOptions {
  /** The upgrade request; its token, Host and Origin have been checked. */
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  guest: Guest;
  terminalId: string;
  /** Aborted when the computer stops or the link ends, with a Cut that has the close code. */
  signal: AbortSignal;
  limits: Pick<Limits, "stallS">;
  requestId?: string;
  onOpen?: () => void;
  /** Called once for each onOpen; `exit` when what ran on the terminal has ended. */
  onClose?: (exit: TerminalExit | null) => void;
}

const MAX_MESSAGE = 1024 * 1024;

const upgrader = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: MAX_MESSAGE });

/** Resolves when the client's socket has taken the message, so that no more than one waits for a client that does not read. Throws when it does not take it in time. */
const sendTaken = (ws: WebSocket, data: Buffer | string, stallMs: number): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stall = setTimeout(() => reject(new Cut(1008, "the client does not read")), stallMs);
  ws.send(data, (error) => (error ? reject(error) : resolve()));
  return promise.finally(() => clearTimeout(stall));
};

const resizeOf = (text: string): TerminalResize => {
  try {
    return TerminalResize.parse(JSON.parse(text));
  } catch {
    throw new Cut(1008, 'a text message is {"type":"resize","columns":1..1000,"rows":1..1000}');
  }
};

const attach = async (
  { socket, guest, signal, limits, onOpen, onClose }: TerminalRelayOptions,
  ws: WebSocket,
  pid: number,
): Promise<void> => {
  keepOpen(socket);
  const stallMs = limits.stallS * 1000;
  const left = new AbortController();
  const within = AbortSignal.any([signal, left.signal]);
  const leave = (why: unknown) => left.abort(why);
  const input = new TerminalInput({
    guest,
    pid,
    stallMs,
    hold: (held) => (held ? ws.pause() : ws.resume()),
    // What has ended takes nothing, either; then its exit is what the client is told.
    onFailure: (error) => void findEnd(guest, pid, within).then((ended) => ended || leave(error), leave),
  });
  ws.on("message", (data: Buffer, isBinary) => {
    try {
      if (isBinary) return input.push(keyFrames(data));
      const { columns, rows } = resizeOf(data.toString("utf8"));
      input.push(sizeFrame(columns, rows));
    } catch (error) {
      leave(error);
    }
  });
  ws.on("error", leave);
  ws.once("close", () => leave(new Error("the client has left")));
  const onAbort = () => {
    const { code, reason } = farewellOf(within);
    ws.resume();
    ws.close(code, reason.slice(0, 100));
  };
  within.addEventListener("abort", onAbort, { once: true });
  const closed = new Promise<void>((resolve) => ws.once("close", () => resolve()));
  let exit: TerminalExit | null = null;
  onOpen?.();
  try {
    for await (const frame of guest.processOutput(pid, within)) {
      if (frame.type !== FRAME.exit) {
        await sendTaken(ws, frame.payload, stallMs);
        continue;
      }
      const { exit_code, signal: ended } = exitOf(frame);
      exit = { type: "exit", exit_code, signal: ended };
      await sendTaken(ws, JSON.stringify(exit), stallMs);
    }
    ws.resume();
    ws.close(1000, "the command has ended");
  } catch (error) {
    leave(error);
    if (error instanceof Cut && error.code === 1008) ws.terminate();
  }
  await closed;
  onClose?.(exit);
};

const findEnd = async (guest: Guest, pid: number, signal: AbortSignal): Promise<boolean> => !(await guest.getProcess(pid, signal)).running;

/**
 * Attaches a WebSocket to a terminal: it gets the output that is kept (1 MiB), then what comes, and at the end the exit. A client that does not read has the guest hold its
 * output, the oldest of which is lost. Leaving lets the terminal's command run on. Resolves when the client is gone, or with the error that refused it; never rejects.
 */
export const relayTerminal = async (options: TerminalRelayOptions): Promise<VitrineError | null> => {
  const found = await reach(options, async (signal) => {
    const { pid } = await findTerminal(options.guest, options.terminalId, signal);
    return { pid, ws: acceptSocket(upgrader, options) };
  });
  if ("refusal" in found) return found.refusal;
  await attach(options, found.reached.ws, found.reached.pid);
  return null;
};
