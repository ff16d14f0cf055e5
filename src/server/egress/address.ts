import { isIP, SocketAddress } from "node:net";

/** An address in the one form in which it is compared. */
export interface Address {
  text: string;
  family: 4 | 6;
}

const MAPPED = "::ffff:";

/**
 * Reads an address as the kernel writes it; a mapped one is the IPv4 address that it stands for. Null for everything else: names, zones, decimal, octal and
 * hexadecimal notations, which programs and libraries read differently.
 */
export const readAddress = (given: string): Address | null => {
  const family = isIP(given);
  if (family === 0 || given.includes("%")) return null;
  if (family === 4) return { text: given, family };
  const { address } = new SocketAddress({ address: given, family: "ipv6" });
  const rest = address.startsWith(MAPPED) ? address.slice(MAPPED.length) : "";
  return isIP(rest) === 4 ? { text: rest, family: 4 } : { text: address, family: 6 };
};
