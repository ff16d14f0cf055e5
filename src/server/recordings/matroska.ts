/**
 * Matroska as far as it is needed to hand raw frames with exact times to ffmpeg over a pipe: one uncompressed track, a cluster for each frame, no
 * end known. Chosen over raw frames with `-use_wallclock_as_timestamps`, because a frame then has the time it was taken at, not the one it was read at.
 */

const id = (hex: string): Buffer => Buffer.from(hex, "hex");
const ID = {
  ebml: id("1a45dfa3"),
  docType: id("4282"),
  docTypeVersion: id("4287"),
  docTypeReadVersion: id("4285"),
  segment: id("18538067"),
  info: id("1549a966"),
  timestampScale: id("2ad7b1"),
  muxingApp: id("4d80"),
  writingApp: id("5741"),
  tracks: id("1654ae6b"),
  trackEntry: id("ae"),
  trackNumber: id("d7"),
  trackUid: id("73c5"),
  trackType: id("83"),
  codecId: id("86"),
  video: id("e0"),
  pixelWidth: id("b0"),
  pixelHeight: id("ba"),
  colourSpace: id("2eb524"),
  cluster: id("1f43b675"),
  timestamp: id("e7"),
  simpleBlock: id("a3"),
};
const UNKNOWN_SIZE = id("01ffffffffffffff");
/** Track 1, at the cluster's own time, a key frame. */
const BLOCK_HEAD = Buffer.from([0x81, 0, 0, 0x80]);
const NANOSECONDS_PER_MS = 1_000_000;

const eightBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
/** A length in its longest form: a 1 bit, then 56 bits. */
const sizeOf = (length: number): Buffer => {
  const bytes = eightBytes(length);
  bytes[0] = 1;
  return bytes;
};
const element = (name: Buffer, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([name, sizeOf(body.length), body]);
};
const number = (name: Buffer, value: number): Buffer => element(name, eightBytes(value));
const text = (name: Buffer, value: string): Buffer => element(name, Buffer.from(value, "latin1"));

/** What stands before the frames of a screen of R, G, B, unused. */
export const streamHead = (width: number, height: number): Buffer =>
  Buffer.concat([
    element(ID.ebml, text(ID.docType, "matroska"), number(ID.docTypeVersion, 4), number(ID.docTypeReadVersion, 2)),
    ID.segment,
    UNKNOWN_SIZE,
    element(ID.info, number(ID.timestampScale, NANOSECONDS_PER_MS), text(ID.muxingApp, "vitrine"), text(ID.writingApp, "vitrine")),
    element(
      ID.tracks,
      element(
        ID.trackEntry,
        number(ID.trackNumber, 1),
        number(ID.trackUid, 1),
        number(ID.trackType, 1),
        text(ID.codecId, "V_UNCOMPRESSED"),
        element(ID.video, number(ID.pixelWidth, width), number(ID.pixelHeight, height), text(ID.colourSpace, "RGBA")),
      ),
    ),
  ]);

/** What stands before one frame of `length` bytes that is seen from `atMs` on. */
export const frameHead = (atMs: number, length: number): Buffer => {
  const time = number(ID.timestamp, atMs);
  const block = Buffer.concat([ID.simpleBlock, sizeOf(BLOCK_HEAD.length + length), BLOCK_HEAD]);
  return Buffer.concat([ID.cluster, sizeOf(time.length + block.length + length), time, block]);
};
