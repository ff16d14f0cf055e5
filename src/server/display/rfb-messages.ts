/** Messages of an RFB client (RFC 6143 section 7.5 and the community's extensions). */

/** 32 bits a pixel, in memory R, G, B, unused. */
export const SET_PIXEL_FORMAT_RGBX = Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);

export const setEncodings = (encodings: readonly number[]): Buffer => {
  const message = Buffer.alloc(4 + 4 * encodings.length);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [i, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * i);
  return message;
};

/** Asks for the top left part of a screen of this size as a whole, or for what has changed of it. */
export const updateRequest = (width: number, height: number, incremental = false): Buffer => {
  const message = Buffer.alloc(10);
  message.writeUInt8(3, 0);
  message.writeUInt8(incremental ? 1 : 0, 1);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
};

export const keyEvent = (keysym: number, down: boolean): Buffer => {
  const message = Buffer.alloc(8);
  message.writeUInt8(4, 0);
  message.writeUInt8(down ? 1 : 0, 1);
  message.writeUInt32BE(keysym, 4);
  return message;
};

/** `extended`: in the form that has room for buttons 7 and 8, which the server must have said it takes. */
export const pointerEvent = (x: number, y: number, buttons: number, extended: boolean): Buffer => {
  const message = Buffer.alloc(extended ? 7 : 6);
  message.writeUInt8(5, 0);
  message.writeUInt8((buttons & 0x7f) | (extended ? 0x80 : 0), 1);
  message.writeUInt16BE(x, 2);
  message.writeUInt16BE(y, 4);
  if (extended) message.writeUInt8((buttons >> 7) & 3, 6);
  return message;
};

const FENCE_REQUEST = 0x80000000;
const FENCE_BLOCK_BEFORE_AND_AFTER = 3;
/** The kinds of synchronisation that an answer may confirm: all that is known. */
const FENCE_KNOWN = 7;

const fence = (flags: number, payload: Buffer): Buffer => {
  const message = Buffer.alloc(9 + payload.length);
  message.writeUInt8(248, 0);
  message.writeUInt32BE(flags >>> 0, 4);
  message.writeUInt8(payload.length, 8);
  payload.copy(message, 9);
  return message;
};

/** Comes back when the server has taken all that was sent before it. */
export const fenceRequest = (id: number): Buffer => {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(id);
  return fence((FENCE_REQUEST | FENCE_BLOCK_BEFORE_AND_AFTER) >>> 0, payload);
};
export const fenceAnswer = (flags: number, payload: Buffer): Buffer => fence(flags & FENCE_KNOWN, payload);
export const isFenceRequest = (flags: number): boolean => flags >= FENCE_REQUEST;

/** Text as RFC 6143 has it: Latin-1, one byte a character. */
export const cutText = (text: string): Buffer => {
  const bytes = Buffer.from(text, "latin1");
  const message = Buffer.alloc(8 + bytes.length);
  message.writeUInt8(6, 0);
  message.writeUInt32BE(bytes.length, 4);
  bytes.copy(message, 8);
  return message;
};

/** A message of the extended clipboard, which is told from plain text by its negative length. */
export const extendedCutText = (flags: number, payload: Buffer = Buffer.alloc(0)): Buffer => {
  const message = Buffer.alloc(12 + payload.length);
  message.writeUInt8(6, 0);
  message.writeInt32BE(-(4 + payload.length), 4);
  message.writeUInt32BE(flags >>> 0, 8);
  payload.copy(message, 12);
  return message;
};
