import { Transform, type TransformCallback } from "node:stream";
import { DOWNLOADS_DIR } from "../../contract/guest/protocol.ts";
import { applyMask, encodeFrame, type FramePiece, FrameScanner, OPCODE } from "./ws-frames.ts";

/** Longer messages are not commands about downloads and are not looked at. */
const MAX_INSPECTED = 64 * 1024;

const DOWNLOAD_COMMANDS = new Set(["Browser.setDownloadBehavior", "Page.setDownloadBehavior"]);

interface Command {
  method?: unknown;
  params?: { behavior?: unknown; downloadPath?: unknown };
}

const parse = (message: Buffer): Command | null => {
  try {
    return JSON.parse(message.toString("utf8"));
  } catch {
    return null;
  }
};

const turnsRuntimeOn = (message: Buffer): boolean => message.includes("Runtime.enable") && parse(message)?.method === "Runtime.enable";

/**
 * Clients give a download folder of their own machine (Playwright does so at each connect); Chromium must save in the guest's. Files keep their own
 * names there, not the random ones of `allowAndName`: no client finds them by path, and the API lists them by name.
 * Returns the command to send instead, or null when it stays as it is.
 */
export const rewriteCommand = (message: Buffer): Buffer | null => {
  if (!message.includes("setDownloadBehavior")) return null;
  const command = parse(message);
  if (!DOWNLOAD_COMMANDS.has(String(command?.method)) || typeof command?.params?.downloadPath !== "string") return null;
  const behavior = command.params.behavior === "allowAndName" ? "allow" : command.params.behavior;
  return Buffer.from(JSON.stringify({ ...command, params: { ...command.params, behavior, downloadPath: DOWNLOADS_DIR } }));
};

/** Client to Chromium: checks every frame header, passes the bytes on untouched but for commands that rewriteCommand changes. */
export class CdpUpstream extends Transform {
  readonly #scanner: FrameScanner;
  readonly #onRuntime: () => void;
  /** The pieces of a frame that is being looked at. */
  #held: Buffer[] | null = null;

  /** `onRuntime` is called when the client turns the domain Runtime on. */
  constructor({ maxMessage, onRuntime = () => {} }: { maxMessage: number; onRuntime?: (() => void) | undefined }) {
    super();
    this.#onRuntime = onRuntime;
    this.#scanner = new FrameScanner({ masked: true, maxMessage });
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    const out: Buffer[] = [];
    try {
      for (const piece of this.#scanner.scan(chunk)) this.#take(piece, out);
    } catch (error) {
      done(error as Error);
      return;
    }
    done(null, out.length === 1 ? out[0] : out.length > 1 ? Buffer.concat(out) : undefined);
  }

  #take({ head, bytes, first, last }: FramePiece, out: Buffer[]): void {
    if (first && head.opcode === OPCODE.text && head.fin && head.length < MAX_INSPECTED) this.#held = [];
    if (!this.#held) {
      out.push(bytes);
      return;
    }
    this.#held.push(bytes);
    if (!last) return;
    const [header, ...payload] = this.#held;
    this.#held = null;
    const masked = Buffer.concat(payload);
    const message = applyMask(Buffer.from(masked), head.mask!);
    if (turnsRuntimeOn(message)) this.#onRuntime();
    const command = rewriteCommand(message);
    out.push(...(command ? [encodeFrame(OPCODE.text, command, head.mask)] : [header!, masked]));
  }
}
