import { constants, deflateSync, inflateSync } from "node:zlib";
import { VitrineError } from "../../contract/errors.ts";
import type { ClipboardEvent } from "./display.ts";
import { cutText, extendedCutText } from "./rfb-messages.ts";

const TEXT = 1;
const CAPS = 1 << 24;
const REQUEST = 1 << 25;
const PEEK = 1 << 26;
const NOTIFY = 1 << 27;
const PROVIDE = 1 << 28;
const ACTIONS = CAPS | REQUEST | PEEK | NOTIFY | PROVIDE;

/** Bytes of UTF-8 that go either way; TigerVNC takes no more (its MaxCutText). */
export const MAX_CLIPBOARD = 256 * 1024;
/** Bytes of a clipboard message from the server. */
export const MAX_CUT_TEXT = 1024 * 1024;
/** What inflates to more is not kept. CRLF may double a text. */
const MAX_INFLATED = 4 + 2 * MAX_CLIPBOARD + 1;

/** A text as it goes to the server. */
export const clipboardBytes = (text: string): Buffer => Buffer.from(`${text.replace(/\r\n?|\n/g, "\r\n")}\0`);

/** The computer's clipboard, as one VNC connection sees it: UTF-8 through the extended clipboard, or Latin-1 where the server lacks it. */
export class Clipboard {
  readonly #send: (message: Buffer) => void;
  readonly #tell: (event: ClipboardEvent) => void;
  #text = "";
  #extended = false;
  /** What the server may fetch from us, as it will be sent; null when something else is on the clipboard. */
  #offer: Buffer | null = null;

  constructor(send: (message: Buffer) => void, tell: (event: ClipboardEvent) => void) {
    this.#send = send;
    this.#tell = tell;
  }

  /** As the computer last told, or as it was last set. */
  get text(): string {
    return this.#text;
  }

  /** The server has said that it takes any text. */
  get isExtended(): boolean {
    return this.#extended;
  }

  /** The computer fetches the text when something is pasted there: until then it lives on this connection alone. */
  get isOurs(): boolean {
    return this.#offer !== null;
  }

  /** Throws invalid_request when the text is longer than the server takes. */
  set(text: string): void {
    const bytes = clipboardBytes(text);
    if (bytes.length > MAX_CLIPBOARD)
      throw new VitrineError("invalid_request", { reason: `a clipboard text of ${bytes.length} bytes; the most is ${MAX_CLIPBOARD}` });
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.length);
    this.#offer = extendedCutText(PROVIDE | TEXT, deflateSync(Buffer.concat([size, bytes])));
    this.#text = text;
    this.#send(this.#extended ? extendedCutText(NOTIFY | TEXT) : cutText(text));
  }

  /** Plain text from the server. */
  plain(bytes: Buffer): void {
    this.#offer = null;
    this.#text = bytes.toString("latin1");
    this.#tell("changed");
  }

  /** A message of the extended clipboard. Throws when it is damaged. */
  extended(message: Buffer): void {
    if (message.length < 4) throw new Error("the display sent a clipboard message that is cut off");
    const flags = message.readUInt32BE(0);
    if (flags & CAPS) {
      this.#extended = true;
      const unsolicited = Buffer.alloc(4);
      this.#send(extendedCutText(ACTIONS | TEXT, unsolicited));
    } else if (flags & REQUEST) {
      if (!this.#offer || !(flags & TEXT)) return;
      this.#send(this.#offer);
      this.#tell("read");
    } else if (flags & PEEK) this.#send(extendedCutText(NOTIFY | (this.#offer ? TEXT : 0)));
    else if (flags & NOTIFY && flags & TEXT) {
      this.#offer = null;
      this.#send(extendedCutText(REQUEST | TEXT));
    } else if (flags & NOTIFY) {
      // That nobody in the computer has a text is told when we have taken its place, too.
      if (!this.#offer) this.#text = "";
    } else if (flags & PROVIDE && flags & TEXT) {
      this.#text = readText(message.subarray(4)) ?? this.#text;
      this.#tell("changed");
    }
  }
}

/** The text in a message, or null when it is longer than is kept here. */
const readText = (zlib: Buffer): string | null => {
  let data: Buffer;
  try {
    data = inflateSync(zlib, { maxOutputLength: MAX_INFLATED, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return null;
    throw new Error("the display sent a clipboard that is damaged");
  }
  if (data.length < 4) throw new Error("the display sent a clipboard that is cut off");
  const bytes = data.subarray(4, 4 + data.readUInt32BE(0));
  return bytes.toString("utf8").split("\0", 1)[0]!.replaceAll("\r\n", "\n");
};
