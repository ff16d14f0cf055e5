import type { Duplex } from "node:stream";
import { VitrineError } from "../../contract/errors.ts";
import type { LinkAddress } from "../machine/machine.ts";
import { connectUnix } from "../process/connect-unix.ts";
import { send } from "./call.ts";
import type { Link } from "./link.ts";

/** Such a connection is made at once, whether or not the guest takes it: then it ends at once, too. */
const straight = (path: string, port: number, signal: AbortSignal): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connectUnix(path, { allowHalfOpen: true });
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", (cause) =>
      reject(new VitrineError("guest_unreachable", { reason: `port ${port}: ${cause.message}`, port }, { cause })),
    );
    socket.once("connect", () => resolve(socket));
    socket.once("close", () => signal.removeEventListener("abort", onAbort));
    socket.once("connect", () => signal.removeEventListener("abort", onAbort));
  });

/** A byte stream to a port of the guest's loopback: straight where the machine has a way, otherwise through the agent. */
export const tunnel = async (link: Link, address: LinkAddress, port: number, signal: AbortSignal): Promise<Duplex> => {
  const path = "path" in address ? address.direct?.[port] : undefined;
  if (path !== undefined) return straight(path, port, signal);
  return (await send(link, { method: "CONNECT", authority: `127.0.0.1:${port}`, signal })).stream;
};
