import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { type Answer, decode, encode, type RecordType } from "dns-packet";
import { onTestFinished } from "vitest";
import { NetworkPolicy, type UpstreamProxy } from "../../../src/contract/network.ts";
import { type Gate, openGate } from "../../../src/server/egress/gate.ts";
import type { NewEvent } from "../../../src/server/timeline/timeline.ts";
import { type FakeInternet, fakeInternet } from "../../support/internet.ts";

export interface TestGate {
  gate: Gate;
  internet: FakeInternet;
  events: NewEvent[];
  /** The rules of the events so far. */
  rules(): unknown[];
  /** A connection as a program of the guest makes it. */
  dial(address: string, port: number): Duplex;
  /** Asks as a program of the guest does; answers the code and the answers' data. */
  ask(name: string, type?: string): Promise<{ rcode: string; data: unknown[]; answers: Answer[] }>;
}

export const testGate = (
  policy: Partial<NetworkPolicy> = {},
  options: { proxy?: UpstreamProxy; ownPort?: number; internet?: FakeInternet } = {},
): TestGate => {
  const internet = options.internet ?? fakeInternet();
  const events: NewEvent[] = [];
  const gate = openGate({
    computerId: "cmp_test",
    policy: NetworkPolicy.parse(policy),
    proxy: options.proxy,
    internet,
    emit: (event) => void events.push(event),
    ownPort: () => options.ownPort ?? null,
  });
  onTestFinished(() => gate.close());
  const dial = (address: string, port: number): Duplex => {
    const [guest, host] = duplexPair();
    guest.on("error", () => {});
    // The link ends both halves of a connection that breaks off; a pair does not.
    host.once("close", () => {
      if (!host.readableEnded || !host.writableFinished) guest.destroy();
    });
    guest.once("close", () => {
      if (!guest.readableEnded || !guest.writableFinished) host.destroy(new Error("the guest broke off"));
    });
    gate.accept({ address, port }, host);
    return guest;
  };
  const ask = async (name: string, type = "A") => {
    const query = encode({ type: "query", id: 7, flags: 0x100, questions: [{ name, type: type as RecordType, class: "IN" }] });
    const stream = dial("10.0.2.3", 53);
    stream.end(framed(query));
    const reply = await all(stream);
    const packet = decode(reply.subarray(2));
    return {
      rcode: (packet as unknown as { rcode: string }).rcode,
      data: (packet.answers ?? []).map((one) => ("data" in one ? one.data : null)),
      answers: packet.answers ?? [],
    };
  };
  return { gate, internet, events, rules: () => events.map(({ data }) => data?.rule), dial, ask };
};

export const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
};

/** All that comes until the end; what came when it breaks off. */
export const all = async (stream: Duplex): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  if (!stream.readableEnded && !stream.destroyed) await Promise.race([once(stream, "end"), once(stream, "close")]);
  return Buffer.concat(chunks);
};

export const closed = async (stream: Duplex): Promise<void> => {
  stream.resume();
  if (!stream.destroyed) await once(stream, "close");
};
