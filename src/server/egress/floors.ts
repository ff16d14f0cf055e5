import { BlockList } from "node:net";
import { networkInterfaces } from "node:os";
import { type Address, readAddress } from "./address.ts";

/**
 * What no policy opens by accident. Source: the IANA registries of special-purpose addresses (RFC 6890), and the clouds' metadata services. The first
 * that holds an address names it. `private`: an entry of allow_cidrs that lies wholly within it opens what it names.
 */
export const FLOORS = [
  {
    name: "metadata",
    about: "metadata services of clouds",
    ranges: ["168.63.129.16/32", "100.100.100.200/32", "169.254.169.254/32", "fd00:ec2::/32", "fd20:ce::/32"],
  },
  { name: "unspecified", about: "this network, the unspecified address", ranges: ["0.0.0.0/8", "::/128"] },
  { name: "loopback", about: "loopback", ranges: ["127.0.0.0/8", "::1/128"] },
  { name: "link-local", about: "link-local", ranges: ["169.254.0.0/16", "fe80::/10"] },
  { name: "multicast", about: "multicast", ranges: ["224.0.0.0/4", "ff00::/8"] },
  {
    name: "reserved",
    about: "reserved, broadcast, IETF protocols, the old site-local",
    ranges: ["240.0.0.0/4", "192.0.0.0/24", "192.88.99.0/24", "100::/64", "2001::/23", "5f00::/16", "fec0::/10"],
  },
  { name: "benchmark", about: "benchmarks", ranges: ["198.18.0.0/15"] },
  {
    name: "documentation",
    about: "documentation",
    ranges: ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
  },
  {
    name: "translated",
    about: "IPv6 forms that carry an IPv4 address: compatible, mapped, translated, NAT64, 6to4",
    ranges: ["::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"],
  },
  {
    name: "private",
    about: "private networks: RFC 1918, CGNAT, ULA",
    ranges: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
  },
] as const;
export type FloorName = (typeof FLOORS)[number]["name"] | "host";

/** IPv4 and IPv6 apart: a mixed list would match one as the other. */
export class Ranges {
  readonly #lists = { 4: new BlockList(), 6: new BlockList() };

  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = "", bits] = range.split("/");
      const family = address.includes(":") ? 6 : 4;
      this.#lists[family].addSubnet(address, Number(bits), `ipv${family}`);
    }
  }

  has({ text, family }: Address): boolean {
    return this.#lists[family].check(text, `ipv${family}`);
  }
}

const floors = FLOORS.map(({ name, ranges }) => ({ name, ranges: new Ranges(ranges) }));
/** All that is given out of IPv6. Source: IANA, IPv6 Global Unicast Address Assignments. */
const global6 = new Ranges(["2000::/3"]);

/** The addresses of this host's interfaces, which change while the service runs. */
export const ownAddresses = (): ReadonlySet<string> =>
  new Set(
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .map(({ address }) => readAddress(address)?.text ?? address),
  );

/** The floor that an address is below; null: it is a public address of somebody else. */
export const floorOf = (address: Address, own: ReadonlySet<string> = ownAddresses()): FloorName | null => {
  const floor = floors.find(({ ranges }) => ranges.has(address))?.name;
  if (floor && floor !== "private") return floor;
  if (own.has(address.text)) return "host";
  if (floor) return floor;
  return address.family === 6 && !global6.has(address) ? "reserved" : null;
};

const PRIVATE = FLOORS.find(({ name }) => name === "private")!.ranges.map((range) => ({
  bits: Number(range.split("/")[1]),
  within: new Ranges([range]),
}));

/** A range that lies wholly within one of the private networks: who writes it down means it. */
export const isPrivateRange = ({ address, bits }: { address: string; bits: number }): boolean => {
  const first = readAddress(address);
  return first !== null && PRIVATE.some((one) => one.within.has(first) && bits >= one.bits);
};
