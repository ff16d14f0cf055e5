import { setEncodings } from "../display/rfb-messages.ts";

/**
 * Encodings that a client may ask for, as inclusive ranges. One that is not here might change how client messages are framed (as extended
 * mouse buttons and GII do), and then the filter and the VNC server would read the same bytes as different messages.
 */
const KEPT: readonly (readonly [number, number, string])[] = [
  [0, 2, "raw, CopyRect, RRE"],
  [4, 8, "CoRRE, hextile, zlib, tight, zlibhex"],
  [15, 17, "TRLE, ZRLE, ZYWRLE"],
  [21, 21, "JPEG"],
  [50, 50, "H.264"],
  [-32, -23, "JPEG quality"],
  [-224, -223, "desktop size, last rectangle"],
  [-240, -239, "cursor, X cursor"],
  [-256, -247, "compression level"],
  [-258, -258, "QEMU key events"],
  [-260, -260, "tight PNG"],
  [-261, -261, "LED state"],
  [-309, -307, "desktop name, extended desktop size, xvp"],
  [-314, -312, "fence, continuous updates, cursor with alpha"],
  [-512, -412, "fine JPEG quality"],
  [-768, -763, "JPEG subsampling"],
  [0x574d5664, 0x574d5664, "VMware cursor"],
  [0x574d5668, 0x574d5668, "VMware LED state"],
  [0xc0a1e5ce | 0, 0xc0a1e5ce | 0, "extended clipboard"],
];

const isKept = (encoding: number): boolean => KEPT.some(([low, high]) => encoding >= low && encoding <= high);

/** A SetEncodings message without those that are not kept. */
export const keptEncodings = (message: Buffer): Buffer => {
  const kept: number[] = [];
  for (let at = 4; at < message.length; at += 4) {
    const encoding = message.readInt32BE(at);
    if (isKept(encoding)) kept.push(encoding);
  }
  return setEncodings(kept);
};
