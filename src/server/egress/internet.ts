import { lookup, Resolver } from "node:dns/promises";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Answer as DnsAnswer } from "dns-packet";
import { readAddress } from "./address.ts";
import { floorOf, ownAddresses } from "./floors.ts";

/** Types of records that are asked for. */
export const RECORD_TYPES = ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] as const;
export type RecordType = (typeof RECORD_TYPES)[number];
/** What a record holds, in dns-packet's words. */
export type RecordData = { data: Extract<DnsAnswer, { type: RecordType }>["data"]; ttl: number };

/** The world outside, as the host reaches it. */
export interface Internet {
  /** Records of a name; none: it has none of the type. Rejects with ENOTFOUND when there is no such name. */
  resolve(name: string, type: RecordType, signal: AbortSignal): Promise<RecordData[]>;
  /** Addresses of a name as programs of the host find them, by its hosts file too. Rejects when it has none. */
  lookup(name: string): Promise<string[]>;
  /** Dials exactly this address. The socket may be half closed. */
  connect(address: string, port: number, signal: AbortSignal): Promise<Socket>;
  hasIPv6(): boolean;
}

/** Node tells no ttl but for addresses. Seconds. */
const TTL = 60;
const TRY_MS = 2000;
const TRIES = 2;

const ask = async (resolver: Resolver, name: string, type: RecordType): Promise<RecordData[]> => {
  const records = <T>(list: T[], data: (one: T) => RecordData["data"]): RecordData[] => list.map((one) => ({ data: data(one), ttl: TTL }));
  const itself = (text: string) => text;
  switch (type) {
    case "A":
      return (await resolver.resolve4(name, { ttl: true })).map(({ address, ttl }) => ({ data: address, ttl }));
    case "AAAA":
      return (await resolver.resolve6(name, { ttl: true })).map(({ address, ttl }) => ({ data: address, ttl }));
    case "CNAME":
      return records(await resolver.resolveCname(name), itself);
    case "NS":
      return records(await resolver.resolveNs(name), itself);
    case "PTR":
      return records(await resolver.resolvePtr(name), itself);
    case "TXT":
      return records(await resolver.resolveTxt(name), (parts) => parts);
    case "MX":
      return records(await resolver.resolveMx(name), ({ priority, exchange }) => ({ preference: priority, exchange }));
    case "SRV":
      return records(await resolver.resolveSrv(name), ({ name: target, ...rest }) => ({ target, ...rest }));
    case "SOA": {
      const { nsname, hostmaster, minttl, ...rest } = await resolver.resolveSoa(name);
      return [{ data: { mname: nsname, rname: hostmaster, minimum: minttl, ...rest }, ttl: TTL }];
    }
    case "CAA":
      return (await resolver.resolveCaa(name)).flatMap(({ critical, ...rest }) => {
        const [tag, value] = Object.entries(rest).find(([, text]) => typeof text === "string") ?? [];
        const data = { flags: critical, issuerCritical: critical !== 0, tag: tag as "issue", value: String(value) };
        return tag === undefined ? [] : [{ data, ttl: TTL }];
      });
  }
};

/** The internet of this host: its resolvers, its routes. */
export const realInternet: Internet = {
  resolve: async (name, type, signal) => {
    signal.throwIfAborted();
    const resolver = new Resolver({ timeout: TRY_MS, tries: TRIES });
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    try {
      return await ask(resolver, name, type);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENODATA") return [];
      throw error;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  },
  lookup: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  connect: async (host, port, signal) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    try {
      await once(socket, "connect", { signal });
      return socket;
    } catch (error) {
      socket.on("error", () => {}).destroy();
      throw error;
    }
  },
  hasIPv6: () =>
    [...ownAddresses()].some((text) => {
      const address = readAddress(text);
      return address?.family === 6 && floorOf(address, new Set()) === null;
    }),
};
