import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import { type Internet, type RecordData, type RecordType, realInternet } from "../../src/server/egress/internet.ts";

/** An internet that is made of servers on this host's loopback, and of what a test says that names are. */
export interface FakeInternet extends Internet {
  /** Makes a server reachable at a public-looking address, under names if there are any. */
  put(server: Server, address: string, port: number, ...names: string[]): Promise<void>;
  /** What a name is; a list of addresses stands for A, or AAAA. */
  name(name: string, records: string[], type?: RecordType): void;
  /** `name type`, as it was asked for. */
  readonly asked: string[];
  /** `address:port`, as it was dialled. */
  readonly dialled: string[];
}

export const fakeInternet = (): FakeInternet => {
  const routes = new Map<string, number>();
  const records = new Map<string, RecordData[]>();
  const asked: string[] = [];
  const dialled: string[] = [];
  const internet: FakeInternet = {
    asked,
    dialled,
    put: async (server, address, port, ...names) => {
      if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
      routes.set(`${address}:${port}`, (server.address() as AddressInfo).port);
      for (const name of names) internet.name(name, [address], address.includes(":") ? "AAAA" : "A");
    },
    name: (name, addresses, type = "A") => {
      records.set(
        `${name} ${type}`,
        addresses.map((data) => ({ data, ttl: 60 })),
      );
      records.set(name, []);
    },
    resolve: async (name, type) => {
      asked.push(`${name} ${type}`);
      if (!records.has(name)) throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
      return records.get(`${name} ${type}`) ?? [];
    },
    lookup: async (name) => {
      asked.push(name);
      return ["A", "AAAA"].flatMap((type) => (records.get(`${name} ${type}`) ?? []).map(({ data }) => String(data)));
    },
    connect: (address, port, signal) => {
      dialled.push(`${address}:${port}`);
      const to = address === "127.0.0.1" ? port : routes.get(`${address}:${port}`);
      if (to === undefined) throw new Error("no route");
      return realInternet.connect("127.0.0.1", to, signal);
    },
    hasIPv6: () => true,
  };
  return internet;
};
