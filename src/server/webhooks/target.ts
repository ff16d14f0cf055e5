import type { Socket } from "node:net";
import { type Address, readAddress } from "../egress/address.ts";
import { floorOf } from "../egress/floors.ts";
import type { Internet } from "../egress/internet.ts";

/** Whose webhook it is: the operator's own reaches whatever the host does, another key's what its computers may reach, and so no private network and not this host. */
export type Reach = "host" | "internet";

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");
const allowed = (reach: Reach, address: Address): boolean => reach === "host" || floorOf(address) === null;
const refusal = (host: string) => `${host} is on a private network, or this host itself; only the operator's webhooks go there`;

/** Why nothing is ever sent there; null: as far as can be told without asking for its name, it may be. */
export const judge = (reach: Reach, url: URL): string | null => {
  const host = hostOf(url);
  const address = readAddress(host);
  if (address) return allowed(reach, address) ? null : refusal(host);
  return reach === "internet" && /^(.*\.)?localhost\.?$/.test(host) ? refusal(host) : null;
};

const addressesOf = async (internet: Internet, reach: Reach, host: string, signal: AbortSignal): Promise<Address[]> => {
  const address = readAddress(host);
  if (address) return [address];
  const found =
    reach === "host"
      ? await internet.lookup(host)
      : (await Promise.all((["A", "AAAA"] as const).map((type) => internet.resolve(host, type, signal))))
          .flat()
          .map(({ data }) => String(data));
  return found.flatMap((text) => readAddress(text) ?? []);
};

/** Connects to where a URL leads. What is judged is the address that is dialled, so a name that is one thing now and another then is no way around. */
export const dialTarget = async (internet: Internet, reach: Reach, url: URL, signal: AbortSignal): Promise<Socket> => {
  const host = hostOf(url);
  const addresses = await addressesOf(internet, reach, host, signal);
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  const open = addresses.filter((address) => allowed(reach, address));
  if (open.length === 0) throw new Error(refusal(host));
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  let failure: unknown;
  for (const { text } of open) {
    try {
      return await internet.connect(text, port, signal);
    } catch (error) {
      failure = error;
      signal.throwIfAborted();
    }
  }
  throw failure;
};
