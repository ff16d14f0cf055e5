import { type Answer, decode, encode, type Packet, type Question } from "dns-packet";
import { HOST_ALIAS } from "../../contract/guest/protocol.ts";
import { hostName } from "../../contract/host-name.ts";
import type { Refused } from "../../contract/network.ts";
import { type Address, readAddress } from "./address.ts";
import { floorOf, ownAddresses } from "./floors.ts";
import { type Internet, RECORD_TYPES, type RecordData, type RecordType } from "./internet.ts";
import type { Names } from "./names.ts";
import { judgeAnswer, judgeName, type Policy } from "./policy.ts";

/** Codes of answers. Source: RFC 1035, section 4.1.1. */
const RCODE = { ok: 0, malformed: 1, failed: 2, noSuchName: 3, notImplemented: 4 } as const;
type Rcode = (typeof RCODE)[keyof typeof RCODE];

const RECURSION_DESIRED = 0x100;
const RECURSION_AVAILABLE = 0x80;
const OPCODE = 0x7800;
const HEADER_BYTES = 12;
/** Of a UDP answer, as resolvers agreed (DNS flag day 2020). */
const UDP_BYTES = 1232;
const MAX_ANSWERS = 32;
const MIN_TTL_S = 5;
const MAX_TTL_S = 300;
const ANSWER_MS = 8000;
/** SVCB and HTTPS, as dns-packet calls what it does not know. */
const SERVICE_TYPES = new Set(["UNKNOWN_64", "UNKNOWN_65"]);

export interface DnsPorts {
  policy(): Policy;
  internet: Pick<Internet, "resolve" | "hasIPv6">;
  names: Names;
  refuse(refused: Refused): void;
}

type Result = { rcode: Rcode; records?: RecordData[] };

const isRecordType = (type: string): type is RecordType => (RECORD_TYPES as readonly string[]).includes(type);

const decodeQuery = (message: Buffer): Packet | null => {
  try {
    return decode(message);
  } catch {
    return null;
  }
};

/**
 * Answers one DNS message; null: with nothing, because it is none. A name that the policy does not allow does not exist, which programs take at once for the
 * last word, where after REFUSED they ask again or elsewhere; and no question about it leaves the host.
 */
export const answerDns = async (ports: DnsPorts, message: Buffer, signal: AbortSignal): Promise<Buffer | null> => {
  if (message.length < HEADER_BYTES || (message[2]! & 0x80) !== 0) return null;
  const query = decodeQuery(message);
  const head = { type: "response" as const, id: message.readUInt16BE(0) };
  const flags = (message.readUInt16BE(2) & (OPCODE | RECURSION_DESIRED)) | RECURSION_AVAILABLE;
  const question = query?.questions?.[0];
  if (!query || !question || query.questions?.length !== 1) return encode({ ...head, flags: flags | RCODE.malformed });
  const { rcode, records = [] } =
    (flags & OPCODE) !== 0 || question.class !== "IN"
      ? { rcode: RCODE.notImplemented }
      : await resolve(ports, question, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
  const answers = records.map(({ data, ttl }) => ({
    name: question.name,
    type: question.type,
    ttl: Math.min(Math.max(ttl, MIN_TTL_S), MAX_TTL_S),
    data,
  })) as Answer[];
  const edns = query.additionals?.some(({ type }) => type === "OPT");
  const packet: Packet = {
    ...head,
    flags: flags | rcode,
    questions: [question],
    answers,
    ...(edns && {
      additionals: [
        { type: "OPT", name: ".", udpPayloadSize: UDP_BYTES, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] },
      ],
    }),
  };
  try {
    return encode(packet);
  } catch {
    // Whatever a server of somebody's made of its answer.
    return encode({ ...head, flags: flags | RCODE.failed, questions: [question] });
  }
};

const resolve = async (ports: DnsPorts, { name: given, type }: Question, signal: AbortSignal): Promise<Result> => {
  const name = hostName(given);
  if (name === null) return { rcode: RCODE.noSuchName };
  if (name === HOST_ALIAS.name) return { rcode: RCODE.ok, records: type === "A" ? [{ data: HOST_ALIAS.address, ttl: MAX_TTL_S }] : [] };
  const refused = judgeName(ports.policy(), name);
  if (refused) {
    ports.refuse({ ...refused, name, address: null, port: null, protocol: "dns" });
    return { rcode: RCODE.noSuchName };
  }
  // They would give keys that hide the server's name in TLS (ECH), and tell of HTTP/3, whose UDP goes nowhere.
  if (SERVICE_TYPES.has(type)) return { rcode: RCODE.ok };
  if (!isRecordType(type)) return { rcode: RCODE.notImplemented };
  if (type === "AAAA" && !ports.internet.hasIPv6()) return { rcode: RCODE.ok };
  try {
    const records = (await ports.internet.resolve(name, type, signal)).slice(0, MAX_ANSWERS);
    return { rcode: RCODE.ok, records: type === "A" || type === "AAAA" ? checked(ports, name, records) : records };
  } catch (error) {
    return { rcode: (error as NodeJS.ErrnoException).code === "ENOTFOUND" ? RCODE.noSuchName : RCODE.failed };
  }
};

/** The addresses that may be given out. */
const checked = ({ policy, names, refuse }: DnsPorts, name: string, records: RecordData[]): RecordData[] => {
  const own = ownAddresses();
  return records.filter(({ data }) => {
    const address = readAddress(String(data));
    if (!address) return false;
    const refused = judgeAnswer(policy(), { address, floor: floorOf(address, own) });
    if (refused) refuse({ ...refused, name, address: address.text, port: null, protocol: "dns" });
    else names.remember(address.text, name);
    return !refused;
  });
};

/** Resolves a name for a connection that says it, as for a question; the addresses that may be dialled are remembered. */
export const resolveName = async (ports: DnsPorts, name: string, family: Address["family"], signal: AbortSignal): Promise<void> => {
  await resolve(ports, { name, type: family === 6 ? "AAAA" : "A" }, signal);
};
