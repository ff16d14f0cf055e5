import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { connect as secure } from "node:tls";
import { withDeadline } from "../deadline.ts";
import { readAddress } from "../egress/address.ts";
import type { Internet } from "../egress/internet.ts";
import { dialTarget, type Reach } from "./target.ts";

/** Milliseconds from the look-up of the name to the answer's status. */
const POST_MS = 10_000;

const encrypt = async (socket: Socket, { hostname }: URL, signal: AbortSignal): Promise<Socket> => {
  const name = hostname.replace(/^\[|\]$/g, "");
  const stream = secure({ socket, host: name, ...(readAddress(name) === null && { servername: name }) });
  await once(stream, "secureConnect", { signal });
  return stream;
};

/** POSTs JSON and answers the status. Redirects are an answer like others, and the body of the answer is left unread. Throws timeout, and whatever stood in the way. */
export const post = (
  { internet, reach }: { internet: Internet; reach: Reach },
  target: string,
  headers: Record<string, string>,
  body: string,
  parent: AbortSignal,
): Promise<number> =>
  withDeadline("The delivery", POST_MS, parent, async (signal) => {
    const url = new URL(target);
    const socket = await dialTarget(internet, reach, url, signal);
    // Whatever comes after the status is nobody's concern.
    socket.on("error", () => {});
    const abandon = () => socket.destroy();
    signal.addEventListener("abort", abandon, { once: true });
    try {
      const stream = url.protocol === "https:" ? await encrypt(socket, url, signal) : socket;
      const call = request({
        method: "POST",
        path: url.pathname + url.search,
        headers: {
          ...headers,
          host: url.host,
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          connection: "close",
        },
        createConnection: () => stream,
      });
      call.on("error", () => {}).end(body);
      const [{ statusCode = 0 }] = (await once(call, "response", { signal })) as [IncomingMessage];
      return statusCode;
    } finally {
      signal.removeEventListener("abort", abandon);
      socket.destroy();
    }
  });
