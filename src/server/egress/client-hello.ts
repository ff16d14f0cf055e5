import { hostName } from "../../contract/host-name.ts";

/** Of one ClientHello, records' headers included. Chromium's, with a post-quantum key, has about 2 KiB. */
const MAX_HELLO = 16 * 1024;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;

/** Reads length-prefixed fields; throws at the end of what is there. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new RangeError("it ends too early");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  /** A field with its length before it, in `size` bytes. */
  field(size: number): Reader {
    return new Reader(this.take(this.number(size)));
  }

  rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }
}

/** The handshake's first message out of the records that it is cut into; "more" when it is not whole yet. What follows it is not looked at. */
const handshake = (bytes: Buffer): Buffer | "more" => {
  const parts: Buffer[] = [];
  let have = 0;
  let end = Infinity;
  for (let at = 0; bytes.length >= at + 5; ) {
    const length = bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3 || length === 0 || length > MAX_HELLO) throw new RangeError("no handshake record");
    const part = bytes.subarray(at + 5, at + 5 + length);
    parts.push(part);
    have += part.length;
    at += 5 + length;
    if (have >= 1 && parts[0]![0] !== CLIENT_HELLO) throw new RangeError("no ClientHello");
    if (end === Infinity && have >= 4) end = 4 + Buffer.concat(parts).readUIntBE(1, 3);
    if (have >= end) return Buffer.concat(parts).subarray(4, end);
  }
  return "more";
};

/** The one host name of the SNI extension. Source: RFC 8446, section 4.1.2; RFC 6066, section 3. */
const serverName = (message: Buffer): string | null => {
  const hello = new Reader(message);
  hello.take(2 + 32);
  hello.field(1);
  hello.field(2);
  hello.field(1);
  if (hello.done) return null;
  const extensions = hello.field(2);
  if (!hello.done) throw new RangeError("more after the extensions");
  const seen = new Set<number>();
  let name: string | null = null;
  while (!extensions.done) {
    const type = extensions.number(2);
    const data = extensions.field(2);
    // Of two, a server may take the other.
    if (seen.has(type)) throw new RangeError("an extension twice");
    seen.add(type);
    if (type !== SERVER_NAME) continue;
    const list = data.field(2);
    if (list.number(1) !== HOST_NAME) throw new RangeError("a name of an unknown type");
    name = hostName(list.field(2).rest().toString("latin1"));
    if (!list.done || !data.done) throw new RangeError("more than one name");
  }
  return name;
};

/** What a TLS connection's first bytes name; "more": they do not say yet. Null: no name, or nothing that every server would read in the same way. */
export const helloName = (bytes: Buffer): { name: string | null } | "more" => {
  try {
    const message = handshake(bytes);
    if (message === "more") return bytes.length > MAX_HELLO ? { name: null } : "more";
    return { name: serverName(message) };
  } catch {
    return { name: null };
  }
};

/** Whether bytes may be the beginning of TLS. */
export const looksLikeTls = (bytes: Buffer): boolean => bytes[0] === HANDSHAKE && (bytes.length < 2 || bytes[1] === 3);
