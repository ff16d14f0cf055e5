import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import type { ServerHttp2Stream } from "node:http2";
import { HOST_ALIAS } from "../../../src/contract/guest/protocol.ts";
import { log } from "../log.ts";
import type { Outlet } from "./outlet.ts";

/** Questions under way at once, and how long each waits for its answer. */
const MAX_PENDING = 1024;
const ANSWER_MS = 15_000;
const DNS_PORT = 53;
/** A DNS message's head. Source: RFC 1035, 4.1.1. */
const HEAD = 12;
/** What a datagram may hold for a program that says nothing, and for one that speaks EDNS. Sources: RFC 1035, 4.2.1; dnsflagday.net/2020. */
const PLAIN_BYTES = 512;
const EDNS_BYTES = 1232;

interface Pending {
  socket: Socket;
  from: RemoteInfo;
  question: Buffer;
  timer: NodeJS.Timeout;
}

/** An answer that says that it does not fit, so that the program asks again over TCP: the question alone, with the TC bit. */
export const truncated = (question: Buffer): Buffer => {
  let end = HEAD;
  while (end < question.length && question[end] !== 0) end += (question[end] as number) + 1;
  const answer = Buffer.from(question.subarray(0, Math.min(end + 5, question.length)));
  answer.writeUInt16BE((answer.readUInt16BE(2) & 0x7900) | 0x8280, 2);
  answer.fill(0, 6, HEAD);
  return answer;
};

/**
 * Carries the questions that programs ask over UDP, whatever server they name, to the host: all on one stream, as DNS over TCP (RFC 7766), where each has an
 * id of its own.
 */
export const divertDns = (outlet: Outlet, addresses: readonly string[], port: number): void => {
  const pending = new Map<number, Pending>();
  let nextId = 0;
  let stream: Promise<ServerHttp2Stream> | null = null;

  const settle = (id: number): Pending | undefined => {
    const entry = pending.get(id);
    if (!entry) return undefined;
    clearTimeout(entry.timer);
    pending.delete(id);
    return entry;
  };

  const onAnswer = (message: Buffer) => {
    const entry = message.length >= HEAD ? settle(message.readUInt16BE(0)) : undefined;
    if (!entry) return;
    const { question, socket, from } = entry;
    const limit = question.readUInt16BE(10) > 0 ? EDNS_BYTES : PLAIN_BYTES;
    const answer = message.length > limit ? truncated(question) : message;
    question.copy(answer, 0, 0, 2);
    socket.send(answer, from.port, from.address, () => {});
  };

  const open = async (): Promise<ServerHttp2Stream> => {
    const opened = await outlet.open(HOST_ALIAS.address, DNS_PORT);
    let data: Buffer = Buffer.alloc(0);
    opened.on("data", (chunk: Buffer) => {
      data = data.length > 0 ? Buffer.concat([data, chunk]) : chunk;
      while (data.length >= 2 && data.length >= 2 + data.readUInt16BE(0)) {
        const end = 2 + data.readUInt16BE(0);
        onAnswer(Buffer.from(data.subarray(2, end)));
        data = data.subarray(end);
      }
    });
    opened.on("error", () => {});
    opened.once("close", () => {
      stream = null;
    });
    opened.once("end", () => opened.end());
    return opened;
  };

  const ask = async (socket: Socket, message: Buffer, from: RemoteInfo): Promise<void> => {
    if (message.length <= HEAD || pending.size >= MAX_PENDING) return;
    do nextId = (nextId + 1) & 0xffff;
    while (pending.has(nextId));
    const id = nextId;
    // No answer is an answer a resolver understands: it asks again.
    pending.set(id, { socket, from, question: message, timer: setTimeout(() => settle(id), ANSWER_MS) });
    stream ??= open();
    try {
      const opened = await stream;
      const framed = Buffer.allocUnsafe(2 + message.length);
      framed.writeUInt16BE(message.length, 0);
      message.copy(framed, 2);
      framed.writeUInt16BE(id, 2);
      opened.write(framed);
    } catch {
      stream = null;
      settle(id);
    }
  };

  for (const address of addresses) {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.on("error", (error) => log(`DNS at ${address}`, error));
    socket.on("message", (message, from) => void ask(socket, message, from));
    socket.bind(port, address);
  }
};
