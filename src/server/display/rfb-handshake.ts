import type { Duplex } from "node:stream";
import type { ByteReader } from "./byte-reader.ts";
import { Framebuffer } from "./framebuffer.ts";

const VERSION = "RFB 003.008\n";
const SECURITY_NONE = 1;
const SHARED = 1;
const MAX_NAME = 64 * 1024;
const MAX_REASON = 4096;

/** Throws unless a length that the server sent is within bounds; it is checked before anything is allocated for it. */
export const bounded = (length: number, max: number, what: string): number => {
  if (length > max) throw new Error(`the display sent a ${what} of ${length} bytes`);
  return length;
};

const readReason = async (reader: ByteReader): Promise<string> => {
  const length = bounded((await reader.read(4)).readUInt32BE(0), MAX_REASON, "reason");
  return (await reader.read(length)).toString("utf8");
};

/** RFB 3.8 without authentication, shared with others; answers the empty picture of the screen's size. */
export const handshake = async (stream: Duplex, reader: ByteReader): Promise<Framebuffer> => {
  const version = (await reader.read(12)).toString("latin1");
  if (version !== VERSION) throw new Error("the display does not speak RFB 3.8");
  stream.write(VERSION);
  const types = await reader.read((await reader.read(1))[0]!);
  if (types.length === 0) throw new Error(`the display refused: ${await readReason(reader)}`);
  if (!types.includes(SECURITY_NONE)) throw new Error("the display wants a password");
  stream.write(Buffer.from([SECURITY_NONE]));
  if ((await reader.read(4)).readUInt32BE(0) !== 0) throw new Error(`the display refused: ${await readReason(reader)}`);
  stream.write(Buffer.from([SHARED]));
  const init = await reader.read(24);
  const [width, height, name] = [init.readUInt16BE(0), init.readUInt16BE(2), init.readUInt32BE(20)];
  await reader.skip(bounded(name, MAX_NAME, "name"));
  return new Framebuffer(width, height);
};
