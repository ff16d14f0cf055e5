import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { VitrineError } from "../../contract/errors.ts";
import { LINK_SETTINGS, LINK_WINDOW } from "../../contract/guest/link.ts";
import { PROTOCOL_VERSION } from "../../contract/guest/protocol.ts";
import type { LinkAddress } from "../machine/machine.ts";
import { connectUnix } from "../process/connect-unix.ts";
import { Health, parseAnswer } from "./answers.ts";
import { readText } from "./read.ts";

const checkHealth = async (session: ClientHttp2Session, secret: string, signal: AbortSignal): Promise<void> => {
  const stream = session.request({ ":path": "/health", authorization: `Bearer ${secret}` }, { signal });
  stream.on("error", () => {});
  const [head] = await once(stream, "response", { signal });
  if (head[":status"] === 401) throw new VitrineError("guest_unreachable", { reason: "it does not accept this computer's secret" });
  const health = parseAnswer(Health, await readText(stream, 4096), "its health");
  if (health.protocol !== PROTOCOL_VERSION)
    throw new VitrineError("guest_unreachable", {
      reason: `it speaks version ${health.protocol} of the guest protocol, not ${PROTOCOL_VERSION}`,
    });
};

/**
 * One try to reach the agent: a session that has been proven to lead to it. A VitrineError says that trying again is of no use; any other error that it
 * may be. Accepting the connection proves nothing, since QEMU does that for a guest that still boots.
 */
export const connectOnce = async (address: LinkAddress, secret: string, signal: AbortSignal): Promise<ClientHttp2Session> => {
  signal.throwIfAborted();
  const socket = "path" in address ? connectUnix(address.path) : connectTcp(address);
  socket.setNoDelay(true);
  const session = connectHttp2("http://guest", { createConnection: () => socket, settings: LINK_SETTINGS, maxSessionMemory: 512 });
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});
  session.on("error", (error) => lost.reject(error));
  session.once("close", () => lost.reject(new Error("it closed the connection")));
  try {
    await Promise.race([once(session, "remoteSettings", { signal }), lost.promise]);
    session.setLocalWindowSize(LINK_WINDOW);
    await Promise.race([checkHealth(session, secret, signal), lost.promise]);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
};
