import { duplexPair } from "node:stream";
import { finished } from "node:stream/promises";
import { encode } from "dns-packet";
import type { FakeFleet } from "./fake-machine.ts";

/** What a program in the latest computer of a fleet sends to an address, which is refused there: it ends as the gate ends it. */
const send = async ({ outside }: FakeFleet, address: string, port: number, bytes = Buffer.alloc(0)): Promise<void> => {
  const [guest, host] = duplexPair();
  outside!.accept({ address, port }, host);
  host.on("error", () => guest.destroy());
  guest.on("error", () => {}).resume();
  guest.end(bytes);
  await finished(guest, { writable: false }).catch(() => {});
};

export const dialFrom = (fleet: FakeFleet, address: string, port: number): Promise<void> => send(fleet, address, port);

/** Asks for the addresses of a name. */
export const askFrom = (fleet: FakeFleet, name: string): Promise<void> => {
  const query = encode({ type: "query", id: 7, flags: 0x100, questions: [{ name, type: "A", class: "IN" }] });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  return send(fleet, "10.0.2.3", 53, Buffer.concat([length, query]));
};
