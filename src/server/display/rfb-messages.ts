/** Messages of an RFB client (RFC 6143 section 7.5). */

/** 32 bits a pixel, in memory R, G, B, unused. */
export const SET_PIXEL_FORMAT_RGBX = Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);

export const setEncodings = (encodings: readonly number[]): Buffer => {
  const message = Buffer.alloc(4 + 4 * encodings.length);
  message.writeUInt8(2, 0);
  message.writeUInt16BE(encodings.length, 2);
  for (const [i, encoding] of encodings.entries()) message.writeInt32BE(encoding, 4 + 4 * i);
  return message;
};

/** Asks for a screen of this size as a whole, or for what has changed of it. */
export const updateRequest = (width: number, height: number, incremental = false): Buffer => {
  const message = Buffer.alloc(10);
  message.writeUInt8(3, 0);
  message.writeUInt8(incremental ? 1 : 0, 1);
  message.writeUInt16BE(width, 6);
  message.writeUInt16BE(height, 8);
  return message;
};

/** Asks for one screen of this size. Source: the community's RFB specification, SetDesktopSize. */
export const setDesktopSize = ({ width, height }: { width: number; height: number }): Buffer => {
  const message = Buffer.alloc(24);
  message.writeUInt8(251, 0);
  message.writeUInt8(1, 6);
  for (const at of [2, 16]) {
    message.writeUInt16BE(width, at);
    message.writeUInt16BE(height, at + 2);
  }
  return message;
};
