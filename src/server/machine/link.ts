import { createServer } from "node:net";
import { join } from "node:path";
import { VitrineError } from "../../contract/errors.ts";
import { AGENT_PORT, DIRECT_PORTS } from "../../contract/guest/protocol.ts";
import { run } from "../process/run.ts";
import type { LinkAddress } from "./machine.ts";

/** How a machine's network is closed off: an empty namespace, made as root or as an ordinary user, or not at all. */
export type Isolation = { namespace: readonly string[] } | { namespace: null; reason: string };

/** What a machine is started with so that its link is at `address`. */
export interface LinkPlan {
  address: LinkAddress;
  /** Loopback ports, where QEMU runs, and the guest's ports that QEMU forwards them to. */
  forwards: readonly (readonly [hostPort: number, guestPort: number])[];
  wrap(argv: readonly string[]): string[];
}

export const LINK_SOCKET = "link.sock";
const directSocket = (port: number): string => `p${port}.sock`;
/** sockaddr_un's 108 bytes with their final zero. */
const MAX_SOCKET_PATH = 107;

/** No program that QEMU or the relay becomes can gain a right, and of root's only those stay that open the owner's files. */
const DROP = "--no-new-privs --inh-caps=-all --bounding-set=-all,+dac_override,+dac_read_search";

const relay = (socket: string, port: number): string =>
  `setpriv --pdeathsig KILL ${DROP} socat -b 65536 UNIX-LISTEN:${socket},fork,mode=600,unlink-early TCP4:127.0.0.1:${port},nodelay &`;

// The relays turn the namespace's ports into socket files, and die with QEMU, which takes this shell's place and so leads the group.
const SCRIPT = `ip link set lo up || exit 1
${relay(LINK_SOCKET, AGENT_PORT)}
${DIRECT_PORTS.map((port) => relay(directSocket(port), port)).join("\n")}
exec setpriv ${DROP} "$@"`;

/** Tries out, with everything that SCRIPT uses, which isolation is to be had here. */
export const probeIsolation = async (signal?: AbortSignal): Promise<Isolation> => {
  const namespace = process.getuid?.() === 0 ? ["unshare", "--net"] : ["unshare", "--user", "--map-root-user", "--net"];
  const trial = `ip link set lo up && setpriv --pdeathsig KILL ${DROP} socat -V`;
  try {
    await run([...namespace, "sh", "-c", trial], { signal, timeoutMs: 10_000 });
    return { namespace };
  } catch (error) {
    signal?.throwIfAborted();
    return { namespace: null, reason: (error as Error).message };
  }
};

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

export const planLink = async (dir: string, isolation: Isolation): Promise<LinkPlan> => {
  if (isolation.namespace) {
    const prefix = [...isolation.namespace, "sh", "-c", SCRIPT, "vitrine-machine"];
    const direct = Object.fromEntries(DIRECT_PORTS.map((port) => [port, join(dir, directSocket(port))]));
    const forwards = [AGENT_PORT, ...DIRECT_PORTS].map((port) => [port, port] as const);
    return { address: { path: join(dir, LINK_SOCKET), direct }, forwards, wrap: (argv) => [...prefix, ...argv] };
  }
  const port = await freePort();
  return { address: { host: "127.0.0.1", port }, forwards: [[port, AGENT_PORT]], wrap: (argv) => [...argv] };
};
