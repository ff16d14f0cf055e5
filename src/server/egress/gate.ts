import { once } from "node:events";
import type { Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import { HOST_ALIAS } from "../../contract/guest/protocol.ts";
import type { Network, NetworkPolicy, Refusal, UpstreamProxy } from "../../contract/network.ts";
import { oneLine } from "../text.ts";
import type { Emit } from "../timeline/timeline.ts";
import { readAddress } from "./address.ts";
import { dial, HOST_LOOPBACK, RefusedError } from "./dial.ts";
import { answerDns, type DnsPorts, resolveName } from "./dns.ts";
import { serveDns } from "./dns-stream.ts";
import { type Heard, hear } from "./first-bytes.ts";
import { floorOf } from "./floors.ts";
import { relayHttp } from "./http-relay.ts";
import type { Internet } from "./internet.ts";
import { join } from "./join.ts";
import { Names } from "./names.ts";
import { compile, judgeHostPort, judgeName, judgeSaid, judgesRequests, judgeTarget, type Said, type Target } from "./policy.ts";
import { refusals } from "./refusals.ts";
import { Traffic } from "./traffic.ts";

const MAX_CONNECTIONS = 512;
const MAX_DIALS = 128;
const DIAL_MS = 15_000;
/** For the first bytes of a connection that only they can allow. Milliseconds. */
const ASK_MS = 5000;
const DNS_PORT = 53;

/** A program of the guest dialled this, says the guest, which may say anything. */
export interface GuestTarget {
  address: string;
  port: number;
}

/** Everything between one computer and any network. */
export interface Gate {
  /** Takes a connection, and sees to its end. */
  accept(target: GuestTarget, stream: Duplex): void;
  /** Holds at once; connections that it does not allow are ended. */
  setPolicy(policy: NetworkPolicy): void;
  /** The guest's kernel refused something that is no TCP. */
  notice(packet: { protocol: string; address: string; port: number | null }): void;
  traffic(): Network["traffic"];
  close(): void;
}

export interface GateOptions {
  computerId: string;
  policy: NetworkPolicy;
  proxy?: UpstreamProxy | undefined;
  internet: Internet;
  emit: Emit;
  /** The port of the service itself, which no computer reaches; null while there is none. */
  ownPort(): number | null;
}

interface Connection {
  given: GuestTarget;
  stream: Duplex;
  /** Null: it goes to the host alias, or is DNS. */
  target: Target | null;
  said: Said | null;
  outside: Socket | null;
  /** Its HTTP requests are judged one by one. */
  relayed: boolean;
  ended: AbortController;
}

export const openGate = ({ computerId, policy: first, proxy, internet, emit, ownPort }: GateOptions): Gate => {
  let policy = compile(first);
  let dials = 0;
  const names = new Names();
  const traffic = new Traffic();
  const told = refusals(emit, computerId);
  const connections = new Set<Connection>();
  const dns: DnsPorts = { policy: () => policy, internet, names, refuse: told.tell };

  const cut = ({ stream, outside, ended }: Connection): void => {
    ended.abort(new Error("the connection was ended"));
    stream.destroy(new Error("the connection was ended"));
    outside?.destroy();
  };
  const refuse = (connection: Connection, refusal: Refusal): void => {
    if (connection.ended.signal.aborted) return;
    const { given, target, said } = connection;
    const name = said?.name ?? target?.names[0] ?? (given.address === HOST_ALIAS.address ? HOST_ALIAS.name : null);
    told.tell({ ...refusal, name, address: oneLine(given.address, 64), port: given.port, protocol: "tcp" });
    cut(connection);
  };

  const dialled = async (connection: Connection, work: (signal: AbortSignal) => Promise<Socket>): Promise<Socket | null> => {
    const { signal } = connection.ended;
    if (dials >= MAX_DIALS) {
      refuse(connection, { rule: "limit", reason: `more than ${MAX_DIALS} connections wait for an answer` });
      return null;
    }
    dials++;
    try {
      const outside = await work(signal);
      outside.on("error", () => {});
      connection.outside = outside;
      if (signal.aborted) outside.destroy();
      return signal.aborted ? null : outside;
    } finally {
      dials--;
    }
  };

  const serveHostPort = async (connection: Connection): Promise<void> => {
    const { given, stream } = connection;
    const refusal = judgeHost(given.port);
    if (refusal) return refuse(connection, refusal);
    const outside = await dialled(connection, (signal) =>
      internet.connect(HOST_LOOPBACK, given.port, AbortSignal.any([signal, AbortSignal.timeout(DIAL_MS)])),
    );
    if (!outside) return;
    traffic.count(HOST_ALIAS.name, outside);
    join(stream, outside);
  };
  const judgeHost = (port: number): Refusal | null => judgeHostPort(policy, port, ownPort());

  /**
   * Judges what a connection says. The address of a name may have been given before the service, or the computer, was last started: then the host
   * asks for the name itself, and the address must be among the answers.
   */
  const judge = async (connection: Connection, target: Target, said: Said): Promise<Refusal | null> => {
    connection.said = said;
    const refusal = judgeSaid(policy, target, said);
    if (!refusal || said.name === null || judgeName(policy, said.name, target.port)) return refusal;
    await resolveName(dns, said.name, target.address.family, connection.ended.signal);
    target.names = names.of(target.address.text);
    return judgeSaid(policy, target, said);
  };

  /** Hears a connection before it is dialled, whose address says nothing. Null: it has been refused. */
  const ask = async (connection: Connection, target: Target): Promise<Heard | null> => {
    const heard = await hear(connection.stream, AbortSignal.any([connection.ended.signal, AbortSignal.timeout(ASK_MS)])).catch(() => null);
    const refusal = await judge(connection, target, heard?.said ?? { protocol: "other", name: null });
    if (refusal) refuse(connection, refusal);
    return refusal ? null : heard;
  };

  /** Guest to outside begins when what the guest says is known and allowed; a server that speaks first does not wait for that. */
  const converse = async (connection: Connection, target: Target, outside: Socket, hearing: Promise<Heard>) => {
    const { stream, ended } = connection;
    const settled = new AbortController();
    const serverFirst = once(outside, "readable", { signal: AbortSignal.any([settled.signal, ended.signal]) }).then(
      () => true,
      () => false,
    );
    const spokeFirst = await Promise.race([hearing.then(() => false), serverFirst]);
    settled.abort();
    if (ended.signal.aborted) return;
    if (outside.destroyed) return cut(connection);
    const onEnd = (error: Error | null | undefined) => {
      if (error) cut(connection);
    };
    if (spokeFirst) {
      traffic.count(target.names[0] ?? target.address.text, outside);
      pipeline(outside, stream, onEnd);
    }
    const { said, held } = await hearing;
    const refusal = await judge(connection, target, said);
    if (ended.signal.aborted) return;
    if (refusal) return refuse(connection, refusal);
    if (!spokeFirst) traffic.count(said.name ?? target.names[0] ?? target.address.text, outside);
    if (said.protocol === "http" && judgesRequests(policy, target)) {
      if (spokeFirst) return refuse(connection, { rule: "protocol", reason: "HTTP to a server that had spoken already" });
      connection.relayed = true;
      const allows = async (name: string | null) => {
        const refused = await judge(connection, target, { protocol: "http", name });
        if (refused) refuse(connection, refused);
        return !refused && !ended.signal.aborted;
      };
      return relayHttp({ guest: stream, outside, allows, refuse: (why) => refuse(connection, why), cut: () => cut(connection) });
    }
    if (held.length > 0) outside.write(held);
    pipeline(stream, outside, onEnd);
    if (!spokeFirst) pipeline(outside, stream, onEnd);
  };

  const serve = async (connection: Connection): Promise<void> => {
    const { given, stream, ended } = connection;
    const address = readAddress(given.address);
    if (given.port === DNS_PORT) return serveDns(stream, (message, signal) => answerDns(dns, message, signal));
    if (given.address === HOST_ALIAS.address) return serveHostPort(connection);
    if (!address) return refuse(connection, { rule: "address", reason: "not an address as the kernel writes it" });
    const target: Target = { address, port: given.port, floor: floorOf(address), names: names.of(address.text) };
    connection.target = target;
    const verdict = judgeTarget(policy, target);
    if (typeof verdict === "object") return refuse(connection, verdict);
    const asked = verdict === "ask" ? await ask(connection, target) : null;
    if (verdict === "ask" && !asked) return;
    const hearing = asked ? Promise.resolve(asked) : hear(stream, ended.signal);
    hearing.catch(() => {});
    const outside = await dialled(connection, (signal) => dial({ internet, proxy, policy }, address, given.port, DIAL_MS, signal));
    if (outside) await converse(connection, target, outside, hearing);
  };

  const accept = (given: GuestTarget, stream: Duplex): void => {
    const connection: Connection = { given, stream, target: null, said: null, outside: null, relayed: false, ended: new AbortController() };
    // Each that reads, writes or waits for it listens for its end.
    stream.setMaxListeners(32).on("error", () => {});
    if (connections.size >= MAX_CONNECTIONS) {
      refuse(connection, { rule: "limit", reason: `more than ${MAX_CONNECTIONS} connections are open` });
      return;
    }
    connections.add(connection);
    stream.once("close", () => {
      connections.delete(connection);
      connection.ended.abort(new Error("the connection has ended"));
    });
    serve(connection).catch((error) => {
      if (error instanceof RefusedError) refuse(connection, error.refusal);
      else cut(connection);
    });
  };

  /** What the policy, as it is now, has against a connection that is open. */
  const rejudge = ({ given, target, said, outside, relayed }: Connection): Refusal | null => {
    if (given.port === DNS_PORT) return null;
    if (!target) return judgeHost(given.port);
    const verdict = said ? judgeSaid(policy, target, said) : judgeTarget(policy, target);
    if (verdict !== null && typeof verdict === "object") return verdict;
    // It was dialled for its address, and that is no longer enough.
    if (verdict === "ask" && outside) return { rule: "allow", reason: "nothing that it has said opens the address" };
    if (said?.protocol === "http" && !relayed && judgesRequests(policy, target))
      return { rule: "protocol", reason: "HTTP that began when its requests were not judged" };
    return null;
  };

  return {
    accept,
    setPolicy: (next) => {
      policy = compile(next);
      for (const connection of [...connections]) {
        const refusal = rejudge(connection);
        if (refusal) refuse(connection, refusal);
      }
    },
    notice: ({ protocol, address, port }) =>
      told.tell({
        rule: "protocol",
        reason: "nothing but TCP, and questions to DNS, leaves a computer",
        name: null,
        address: readAddress(address)?.text ?? oneLine(address, 64),
        port,
        protocol: /^[a-z0-9-]{1,16}$/.test(protocol) ? protocol : "other",
      }),
    traffic: () => traffic.list(),
    close: () => {
      for (const connection of [...connections]) cut(connection);
      told.close();
    },
  };
};
