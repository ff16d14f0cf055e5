import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { VitrineError } from "../../contract/errors.ts";
import { guardSocket, handshakeKey } from "./client-socket.ts";
import { asVitrineError, refuseUpgrade } from "./refuse.ts";

export interface UpgradeRequest {
  request: IncomingMessage;
  socket: Duplex;
  signal: AbortSignal;
  requestId?: string;
}

/**
 * What an upgrade request asks for, reached by `work` while the client is there, which is given the handshake's key. What fails is answered in HTTP with an error of the
 * registry, and that is the result.
 */
export const reach = async <T>(
  { request, socket, signal, requestId }: UpgradeRequest,
  work: (signal: AbortSignal, key: string) => Promise<T>,
): Promise<{ reached: T } | { refusal: VitrineError }> => {
  const guard = guardSocket(socket, signal);
  try {
    const key = handshakeKey(request);
    return { reached: await work(guard.signal, key) };
  } catch (error) {
    const refusal = asVitrineError(error);
    refuseUpgrade(socket, refusal, requestId);
    return { refusal };
  } finally {
    guard.release();
  }
};
