import { CONSOLE_BYTES, QEMU_IDS } from "./args.ts";
import type { Qmp } from "./qmp.ts";

/** Bytes of console kept and given out. */
const KEPT = 64 * 1024;

export interface Console {
  /** The last bytes of what the guest has written. Never rejects: what cannot be had is left out. */
  read(): Promise<string>;
}

/** Reading empties QEMU's ring, so what was read is kept here, bounded. */
export const openConsole = (qmp: Qmp): Console => {
  let kept = Buffer.alloc(0);
  const drain = async () => {
    const data = await qmp.execute(
      "ringbuf-read",
      { device: QEMU_IDS.console, size: CONSOLE_BYTES, format: "base64" },
      { timeoutMs: 2000 },
    );
    if (typeof data === "string") kept = Buffer.from(Buffer.concat([kept, Buffer.from(data, "base64")]).subarray(-KEPT));
  };
  let last: Promise<void> = Promise.resolve();
  return {
    read: async () => {
      last = last.then(drain).catch(() => {});
      await last;
      return kept.toString("utf8");
    },
  };
};

/** Why the guest's kernel gave up, if the console says so. */
export const panicLine = (text: string): string | null => /Kernel panic[^\r\n]{0,200}/.exec(text)?.[0] ?? null;
