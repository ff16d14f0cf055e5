import { createServer } from "node:net";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { AGENT_PORT, DIRECT_PORTS } from "../../contract/guest/protocol.ts";
import { RUN_DIR } from "./confinement/owner.ts";
import type { LinkAddress } from "./machine.ts";

/** What a machine is started with so that its link is at `address`. */
export interface LinkPlan {
  address: LinkAddress;
  /** Loopback ports, where QEMU runs, and the guest's ports that QEMU forwards them to. */
  forwards: readonly (readonly [hostPort: number, guestPort: number])[];
  /** A shell script that makes the way there, and then becomes the words it is given. */
  script: string;
}

export const LINK_SOCKET = `${RUN_DIR}/link.sock`;
const directSocket = (port: number): string => `${RUN_DIR}/p${port}.sock`;
/** sockaddr_un's 108 bytes with their final zero. */
const MAX_SOCKET_PATH = 107;

const EXEC = 'exec "$@"';
/** Connections that may wait for a relay to take them: one over that is turned away at once. socat's own number is 5. */
const BACKLOG = 256;
const relay = (socket: string, port: number): string =>
  `socat -b 65536 UNIX-LISTEN:${socket},backlog=${BACKLOG},fork,mode=600,unlink-early TCP4:127.0.0.1:${port},nodelay 2>/dev/null &`;

/** The relays turn the namespace's ports into socket files. They end with QEMU, which takes the shell's place as the first process in there. */
const RELAYS = [relay(LINK_SOCKET, AGENT_PORT), ...DIRECT_PORTS.map((port) => relay(directSocket(port), port)), EXEC].join("\n");

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Fails with setup_incomplete when sockets in `dir` would have names longer than the kernel takes. */
export const checkSocketPaths = (dir: string): void => {
  const length = Buffer.byteLength(join(dir, LINK_SOCKET));
  if (length <= MAX_SOCKET_PATH) return;
  const reason = `the data directory's path is ${length - MAX_SOCKET_PATH} bytes too long for unix sockets in ${dir}; choose a shorter one`;
  throw new VitrineError("setup_incomplete", { reason });
};

/** `walled`: QEMU has a network of its own, which nothing but the relays in there leads out of. */
export const planLink = async (dir: string, walled: boolean): Promise<LinkPlan> => {
  if (walled) {
    const direct = Object.fromEntries(DIRECT_PORTS.map((port) => [port, join(dir, directSocket(port))]));
    const forwards = [AGENT_PORT, ...DIRECT_PORTS].map((port) => [port, port] as const);
    return { address: { path: join(dir, LINK_SOCKET), direct }, forwards, script: RELAYS };
  }
  const port = await freePort();
  return { address: { host: "127.0.0.1", port }, forwards: [[port, AGENT_PORT]], script: EXEC };
};
