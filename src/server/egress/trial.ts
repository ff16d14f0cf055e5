import type { Event } from "../../contract/events.ts";
import { HOST_ALIAS } from "../../contract/guest/protocol.ts";
import { NetworkPolicy, type NetworkTrial, type Refusal, Refused } from "../../contract/network.ts";
import { readAddress } from "./address.ts";
import { floorOf, ownAddresses } from "./floors.ts";
import { compile, judgeAnswer, judgeHostPort, judgeName, judgeSaid, type Policy, type Said } from "./policy.ts";

type Tried = NetworkTrial["refusals"][number];
type Remedy = NonNullable<Tried["remedy"]>;
/** What every judgement is made with. */
interface Host {
  /** The service's own port. */
  ownPort: number | null;
  addresses: ReadonlySet<string>;
}

/** Different things that are judged. */
const MOST = 200;

/** What a connection said, as far as its refusal tells: of one that was refused before it said anything, the least that opens something. */
const saidOf = ({ rule, name }: Refused): Said => {
  if (rule === "nameless") return { protocol: "tls", name: null };
  if (rule === "protocol") return { protocol: "h2c", name: null };
  return { protocol: name === null ? "other" : "tls", name };
};

/** What a policy has against what was refused before. What was written down of it is all there is to go by. */
export const judgeAgain = (policy: Policy, refused: Refused, { ownPort, addresses }: Host): Refusal | null => {
  const { rule, reason, name, port, protocol } = refused;
  const before: Refusal = { rule, reason };
  const address = refused.address === null ? null : readAddress(refused.address);
  const floor = address && floorOf(address, addresses);
  if (protocol === "dns" && name !== null) return judgeName(policy, name) ?? (address && judgeAnswer(policy, { address, floor }));
  // Neither UDP nor a limit is a policy's to allow, and where a proxy is nobody sees here.
  if (protocol !== "tcp" || port === null || rule === "limit" || rule === "proxy") return before;
  if (refused.address === HOST_ALIAS.address) return judgeHostPort(policy, port, ownPort);
  if (!address) return before;
  const names = name === null || rule === "mismatch" ? [] : [name];
  const now = judgeSaid(policy, { address, port, floor, names }, saidOf(refused));
  // Their words are of what was said, which is not known here as it was.
  return now?.rule === rule && (rule === "nameless" || rule === "protocol") ? before : now;
};

/** One entry more, the narrowest first. An open policy has nothing to add but ports of the host, and no denial is taken back: who wrote it meant it. */
const remediesOf = ({ mode }: Policy, { name, port, protocol, ...refused }: Refused): Remedy[] => {
  if (refused.address === HOST_ALIAS.address) return [{ mode, list: "host_ports", entry: String(port) }];
  if (mode === "open") return [];
  const behind = port === null ? "" : `:${port}`;
  const address = refused.address === null ? null : readAddress(refused.address);
  const remedies: Remedy[] = [];
  if (name !== null) remedies.push({ mode: "restricted", list: "allow", entry: name + behind });
  // An answer that points to where nothing may go is not to be opened because a name has it.
  if (address && protocol === "tcp")
    remedies.push({ mode: "restricted", list: "allow_cidrs", entry: `${address.text}/${address.family === 4 ? 32 : 128}${behind}` });
  return remedies;
};

/** The policy with one more entry; null: it would not be valid. */
const remedied = (policy: Policy, { mode, list, entry }: Remedy): Policy | null => {
  const added = NetworkPolicy.safeParse({ mode, [list]: [list === "host_ports" ? Number(entry) : entry] });
  if (!added.success) return null;
  const { allow, allowCidrs, hostPorts } = compile(added.data);
  return {
    ...policy,
    mode,
    allow: [...policy.allow, ...allow],
    allowCidrs: [...policy.allowCidrs, ...allowCidrs],
    hostPorts: new Set([...policy.hostPorts, ...hostPorts]),
  };
};

/** Each thing once, with when it was last and how often it was; the latest first. */
const distinct = (told: readonly Event[]): (Refused & Pick<Tried, "at" | "count">)[] => {
  const found = new Map<string, Refused & Pick<Tried, "at" | "count">>();
  for (const { at, data } of told) {
    const read = Refused.safeParse(data);
    if (!read.success) continue;
    const { protocol, name, address, port } = read.data;
    const key = JSON.stringify([protocol, name, address, port]);
    const count = typeof data.count === "number" ? data.count : 1;
    const before = found.get(key);
    if (before) before.count += count;
    else if (found.size < MOST) found.set(key, { ...read.data, at, count });
  }
  return [...found.values()];
};

/** What a policy would make of refusals, which are given as their events, the latest first. Pure but for a look at the host's own addresses. */
export const tryPolicy = (policy: NetworkPolicy, told: readonly Event[], ownPort: number | null): NetworkTrial => {
  const compiled = compile(policy);
  const host: Host = { ownPort, addresses: ownAddresses() };
  const allows = (refused: Refused) => (remedy: Remedy) => {
    const wider = remedied(compiled, remedy);
    return wider !== null && judgeAgain(wider, refused, host) === null;
  };
  return {
    policy,
    refusals: distinct(told).map((refused) => {
      const still = judgeAgain(compiled, refused, host);
      return { ...refused, still, remedy: still && (remediesOf(compiled, refused).find(allows(refused)) ?? null) };
    }),
  };
};
