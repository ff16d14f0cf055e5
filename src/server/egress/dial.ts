import { request } from "node:http";
import type { Socket } from "node:net";
import { SocksClient } from "socks";
import { HOST_ALIAS } from "../../contract/guest/protocol.ts";
import { hostName } from "../../contract/host-name.ts";
import type { Refusal, UpstreamProxy } from "../../contract/network.ts";
import { type Address, readAddress } from "./address.ts";
import { floorOf } from "./floors.ts";
import type { Internet } from "./internet.ts";
import type { Policy } from "./policy.ts";

export const HOST_LOOPBACK = "127.0.0.1";
const LOOPBACK_NAMES: readonly string[] = ["localhost", HOST_ALIAS.name, HOST_LOOPBACK];

/** What was asked for must not be dialled. */
export class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

/** Where a proxy is, as its URL says. */
export const proxyPlace = ({ server }: UpstreamProxy): { kind: "http" | "socks5"; host: string; port: number } => {
  const { protocol, hostname } = new URL(server);
  // URLs leave out a port that is their scheme's own.
  const port = Number(/:(\d+)\/?$/.exec(server)?.[1]);
  return { kind: protocol === "http:" ? "http" : "socks5", host: hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase(), port };
};

/** Why a proxy must not be used; null: as far as can be told without asking for its name, it may. Only what host_ports names is reached on the host's loopback. */
export const judgeProxy = (proxy: UpstreamProxy, hostPorts: ReadonlySet<number>): Refusal | null => {
  const { host, port } = proxyPlace(proxy);
  if (LOOPBACK_NAMES.includes(host))
    return hostPorts.has(port)
      ? null
      : { rule: "proxy", reason: `the proxy is on the host's loopback, and host_ports does not name port ${port}` };
  const address = readAddress(host);
  if (!address) return hostName(host) === null ? { rule: "proxy", reason: "the proxy's host is neither a name nor an address" } : null;
  return judgeProxyAddress(address);
};

const judgeProxyAddress = (address: Address): Refusal | null => {
  const floor = floorOf(address);
  return floor && { rule: "proxy", reason: `the proxy has ${floor === "host" ? "an address of the host" : `a ${floor} address`}` };
};

const dialProxy = async (
  internet: Internet,
  proxy: UpstreamProxy,
  hostPorts: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<Socket> => {
  const { host, port } = proxyPlace(proxy);
  const refusal = judgeProxy(proxy, hostPorts);
  if (refusal) throw new RefusedError(refusal);
  if (LOOPBACK_NAMES.includes(host)) return internet.connect(HOST_LOOPBACK, port, signal);
  const address = readAddress(host) ?? readAddress(String((await internet.resolve(host, "A", signal))[0]?.data));
  if (!address) throw new Error("the proxy's name has no address");
  const refused = judgeProxyAddress(address);
  if (refused) throw new RefusedError(refused);
  return internet.connect(address.text, port, signal);
};

const throughHttp = (socket: Socket, { username, password = "" }: UpstreamProxy, authority: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const authorization = username !== undefined && `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    const headers = { host: authority, ...(authorization && { "proxy-authorization": authorization }) };
    const call = request({ method: "CONNECT", path: authority, headers, createConnection: () => socket });
    call.once("connect", ({ statusCode }, tunnel, head) => {
      if (statusCode !== 200) return reject(new Error(`the proxy answered ${statusCode}`));
      if (head.length > 0) tunnel.unshift(head);
      resolve(socket);
    });
    call.once("response", ({ statusCode }) => reject(new Error(`the proxy answered ${statusCode}`)));
    call.once("error", reject);
    call.end();
  });

const throughSocks = async (
  socket: Socket,
  { username, password = "" }: UpstreamProxy,
  { text }: Address,
  port: number,
  ms: number,
): Promise<Socket> => {
  await SocksClient.createConnection({
    command: "connect",
    proxy: { host: text, port, type: 5, ...(username !== undefined && { userId: username, password }) },
    destination: { host: text, port },
    existing_socket: socket,
    timeout: ms,
  });
  return socket;
};

/** Dials an address that the policy allows, exactly that, through the computer's proxy where it has one. Rejects with RefusedError when the proxy must not be used. */
export const dial = async (
  { internet, proxy, policy }: { internet: Internet; proxy: UpstreamProxy | undefined; policy: Policy },
  address: Address,
  port: number,
  ms: number,
  parent: AbortSignal,
): Promise<Socket> => {
  const signal = AbortSignal.any([parent, AbortSignal.timeout(ms)]);
  if (!proxy) return internet.connect(address.text, port, signal);
  const socket = await dialProxy(internet, proxy, policy.hostPorts, signal);
  const onAbort = () => void socket.destroy();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const authority = address.family === 6 ? `[${address.text}]:${port}` : `${address.text}:${port}`;
    return await (proxyPlace(proxy).kind === "http"
      ? throughHttp(socket, proxy, authority)
      : throughSocks(socket, proxy, address, port, ms));
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
};
